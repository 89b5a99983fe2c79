"""What tickets and mailer report, followed for `fulfilment`."""

from typing import Any

import msgspec

from services.orders import progress, store
from services.orders.fulfilment import Mail, after
from shared import inbox
from shared.bus import Bus, Delivery, Done, Later, Never, Subscription, Verdict
from shared.bus.typed import handling
from shared.database import DatabaseUnavailable, Pool, transaction
from shared.messages import Fact, MailOutcome, TicketsIssued
from shared.queues import FOLLOWED_BY, queue_of

SERVICE = "orders"


class Follower:
    """Writes each report into its order, once however often it is made, and wakes the streams."""

    def __init__(self, pool: "Pool[Any]") -> None:
        self._pool = pool

    async def subscribe(self, bus: Bus) -> None:
        for kind in FOLLOWED_BY[SERVICE]:
            await bus.subscribe(Subscription(queue_of(SERVICE, kind), (kind.key,)), handling(kind, self.follow))

    async def follow(self, fact: Fact, delivery: Delivery) -> Verdict:
        try:
            return await self._follow(fact, delivery)
        except DatabaseUnavailable as error:
            return Later(str(error), counts=False)

    async def _follow(self, fact: Fact, delivery: Delivery) -> Verdict:
        async with transaction(self._pool) as held:
            if not await inbox.first_time(held, delivery.queue, fact.natural_key):
                return Done()
            order = await store.lock_order(held, fact.subject)
            if order is None:
                return Never(f"no order {fact.subject}")
            mail = Mail(fact.template, fact.revision) if isinstance(fact, MailOutcome) else None
            pdf_key = fact.pdf.key if isinstance(fact, TicketsIssued) else None
            await store.save_fulfilment(held, fact.subject, after(order.fulfilment, fact.key, mail), pdf_key)
            await store.add_news(held, fact.subject, progress.name_of(type(fact)), _public(fact))
        await progress.announce(self._pool, fact.subject)
        return Done()


def _public(fact: Fact) -> bytes:
    """What a stream may tell: nothing of how things are stored."""
    told: dict[str, object] = {"tickets": fact.tickets} if isinstance(fact, TicketsIssued) else {}
    if isinstance(fact, MailOutcome):
        told = {"template": fact.template}
    return msgspec.json.encode({"confirmation_number": fact.subject} | told)
