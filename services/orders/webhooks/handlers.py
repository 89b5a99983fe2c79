"""A message in, a delivery owed to each webhook that listens to it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from services.orders.store import webhook_deliveries as store
from services.orders.webhooks.telling import about, told
from shared.bus import Bus, Delivery, Done, Later, Never, Subscription, Verdict
from shared.bus.typed import handling
from shared.database import DatabaseUnavailable, Pool, connection
from shared.messages import Fact, time_of
from shared.queues import FOLLOWED_BY, queue_of

SERVICE = "webhooks"


class FanOut:
    """Once for each message and webhook, by their ids; calls `on_owed` when anything is owed."""

    def __init__(self, pool: "Pool[Any]", on_owed: Callable[[], None]) -> None:
        self._pool = pool
        self._on_owed = on_owed

    async def subscribe(self, bus: Bus) -> None:
        for kind in FOLLOWED_BY[SERVICE]:
            await bus.subscribe(Subscription(queue_of(SERVICE, kind), (kind.key,)), handling(kind, self.follow))

    async def follow(self, fact: Fact, delivery: Delivery) -> Verdict:
        whose, what = about(fact), told(fact, time_of(delivery.message.body))
        try:
            message, event = UUID(delivery.message.id), UUID(whose.event) if whose.event else None
        except ValueError:
            return Never("its id, or its event's, is none of ours")
        try:
            async with connection(self._pool) as held:
                owed = await store.owe(
                    held,
                    message,
                    what.type,
                    what.body,
                    event=event,
                    order=whose.order,
                    natural_key=fact.natural_key,
                )
        except DatabaseUnavailable as error:
            return Later(str(error), counts=False)
        if owed:
            self._on_owed()
        return Done()
