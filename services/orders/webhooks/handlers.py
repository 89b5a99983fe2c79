"""A message in, a delivery owed to each webhook that listens to it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from services.orders.store import webhook_deliveries as store
from services.orders.webhooks.listeners import Listeners
from services.orders.webhooks.telling import about, told, type_of
from shared.bus import Bus, Delivery, Done, Later, Never, Subscription, Verdict
from shared.bus.typed import handling
from shared.database import DatabaseUnavailable, Pool, connection
from shared.messages import Fact, time_of
from shared.queues import FOLLOWED_BY, queue_of

SERVICE = "webhooks"
# Many at once share a look at who listens.
CONCURRENCY = 200


class FanOut:
    """Once for each message and webhook, by their ids; calls `on_owed` when anything is owed."""

    def __init__(self, pool: "Pool[Any]", on_owed: Callable[[], None]) -> None:
        self._pool = pool
        self._on_owed = on_owed
        self._listeners = Listeners(pool)

    async def subscribe(self, bus: Bus) -> None:
        for kind in FOLLOWED_BY[SERVICE]:
            subscription = Subscription(queue_of(SERVICE, kind), (kind.key,), concurrency=CONCURRENCY)
            await bus.subscribe(subscription, handling(kind, self.follow))

    async def follow(self, fact: Fact, delivery: Delivery) -> Verdict:
        whose = about(fact)
        try:
            message, event = UUID(delivery.message.id), UUID(whose.event) if whose.event else None
        except ValueError:
            return Never("its id, or its event's, is none of ours")
        try:
            if await self._listeners.any_for(type_of(type(fact)), event):
                await self._owe(fact, message, event, delivery)
        except DatabaseUnavailable as error:
            return Later(str(error), counts=False)
        return Done()

    async def _owe(self, fact: Fact, message: UUID, event: UUID | None, delivery: Delivery) -> None:
        what = told(fact, time_of(delivery.message.body))
        async with connection(self._pool) as held:
            owed = await store.owe(
                held,
                message,
                what.type,
                what.body,
                event=event,
                order=about(fact).order,
                natural_key=fact.natural_key,
            )
        if owed:
            self._on_owed()
