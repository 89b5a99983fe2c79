"""Messages published and handled, by what became of them."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client import Counter as Total

from shared.bus.protocol import (
    Bus,
    BusError,
    DeadLetter,
    Delivery,
    Done,
    Handler,
    Later,
    Message,
    QueueStatus,
    Subscription,
    Verdict,
)

BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)


class Traffic:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.published = Total(
            "boxoffice_bus_published",
            "Messages given to the broker: confirmed, or why not.",
            ("key", "outcome"),
            registry=registry,
        )
        self.handled = Histogram(
            "boxoffice_bus_handling_seconds",
            "Deliveries by their handler's verdict (failed: it raised or was cancelled), and its time.",
            ("queue", "verdict"),
            registry=registry,
            buckets=BUCKETS,
        )

    def enqueued(self, counts: Mapping[str, int]) -> None:
        """Messages, by key, that were published in the transaction of their change."""
        for key, count in counts.items():
            self.published.labels(key, "confirmed").inc(count)


class CountedBus:
    """A bus, counted; it keeps the promises of the one inside."""

    def __init__(self, bus: Bus, traffic: Traffic) -> None:
        self._bus = bus
        self._traffic = traffic

    async def publish(self, messages: Sequence[Message]) -> list[BusError | None]:
        outcomes = await self._bus.publish(messages)
        told = Counter((message.key, _outcome(outcome)) for message, outcome in zip(messages, outcomes, strict=True))
        for (key, outcome), count in told.items():
            self._traffic.published.labels(key, outcome).inc(count)
        return outcomes

    async def subscribe(self, subscription: Subscription, handler: Handler) -> None:
        handled = self._traffic.handled

        async def timed(delivery: Delivery) -> Verdict:
            began, told = time.perf_counter(), "failed"
            try:
                verdict = await handler(delivery)
                told = _verdict(verdict)
                return verdict
            finally:
                handled.labels(subscription.queue, told).observe(time.perf_counter() - began)

        await self._bus.subscribe(subscription, timed)

    async def declare(self, queue: str, keys: Sequence[str]) -> None:
        await self._bus.declare(queue, keys)

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        return await self._bus.dead_letters(queue, limit)

    async def replay(self, queue: str, message_id: str) -> bool:
        return await self._bus.replay(queue, message_id)

    async def discard(self, queue: str, message_id: str) -> bool:
        return await self._bus.discard(queue, message_id)

    async def status(self, queues: Sequence[str]) -> list[QueueStatus]:
        return await self._bus.status(queues)

    def healthy(self) -> bool:
        return self._bus.healthy()

    async def close(self, grace: timedelta = timedelta(seconds=5)) -> None:
        await self._bus.close(grace)


def _outcome(outcome: BusError | None) -> str:
    return "confirmed" if outcome is None else type(outcome).__name__


def _verdict(verdict: Verdict) -> str:
    if isinstance(verdict, Done):
        return "done"
    return "later" if isinstance(verdict, Later) else "never"
