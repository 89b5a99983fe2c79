"""Room for handlers, shared by the buses of one process that serve the same queue."""

import asyncio

from shared.bus.protocol import Subscription


class Slots:
    """A subscription's concurrency bounds its handlers over all the clusters that it is served from."""

    def __init__(self) -> None:
        self._of: dict[str, asyncio.Semaphore] = {}

    def of(self, subscription: Subscription) -> asyncio.Semaphore:
        return self._of.setdefault(subscription.queue, asyncio.Semaphore(subscription.concurrency))
