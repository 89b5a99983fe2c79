"""What tickets and mailer report, followed for `fulfilment`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from services.orders import progress, store
from services.orders.fulfilment import Mail, after
from services.orders.store import Progress, StoredOrder
from shared import inbox
from shared.bus import Bus, Delivery, Later, Never, Subscription, Verdict
from shared.bus.receipts import acknowledge, done
from shared.bus.typed import handling
from shared.database import Connection, DatabaseUnavailable, Pool
from shared.messages import Fact, MailOutcome, TicketsIssued
from shared.queues import FOLLOWED_BY, queue_of
from shared.together import Together, in_one_transaction

SERVICE = "orders"
# As many reports as share a transaction when they come thick.
CONCURRENCY = 256


class Report(msgspec.Struct, frozen=True):
    """Something told of an order, and how it came."""

    fact: Fact
    delivery: Delivery

    @property
    def inbox_row(self) -> tuple[str, str]:
        return self.delivery.queue, self.fact.natural_key


class Follower:
    """Writes each report into its order, once however often it is made, and wakes the streams."""

    def __init__(self, pool: "Pool[Any]") -> None:
        self._pool = pool
        self._write = in_one_transaction(pool, write_reports)
        self._reports = Together[Report, Verdict](self._commit)

    async def subscribe(self, bus: Bus) -> None:
        for kind in FOLLOWED_BY[SERVICE]:
            subscription = Subscription(queue_of(SERVICE, kind), (kind.key,), concurrency=CONCURRENCY)
            await bus.subscribe(subscription, handling(kind, self.follow))

    async def follow(self, fact: Fact, delivery: Delivery) -> Verdict:
        try:
            return await self._reports.add(Report(fact, delivery))
        except DatabaseUnavailable as error:
            return Later(str(error), counts=False)

    async def _commit(self, reports: Sequence[Report]) -> Sequence[Verdict | Exception]:
        verdicts = await self._write(reports)
        await progress.announce(self._pool, {report.fact.subject for report in reports})
        return verdicts


async def write_reports(held: Connection, reports: Sequence[Report]) -> list[Verdict]:
    """Each report in its order and in its order's news; in the transaction that also acknowledges them."""
    orders = await store.lock_orders(held, {report.fact.subject for report in reports})
    known = [report for report in reports if report.fact.subject in orders]
    new = await inbox.first_times(held, [report.inbox_row for report in known])
    await store.save_progress(held, list(_progress(known, new, orders)))
    await acknowledge(held, [report.delivery for report in known])
    return [
        done(report.delivery) if report.fact.subject in orders else Never(f"no order {report.fact.subject}")
        for report in reports
    ]


def _progress(
    reports: Sequence[Report], new: Collection[tuple[str, str]], orders: Mapping[str, StoredOrder]
) -> Iterator[Progress]:
    """What the new ones among these reports change, one after the other; one that is there twice changes it once."""
    states, left = {number: order.fulfilment for number, order in orders.items()}, set(new)
    for report in reports:
        if report.inbox_row not in left:
            continue
        left.discard(report.inbox_row)
        fact = report.fact
        mail = Mail(fact.template, fact.revision) if isinstance(fact, MailOutcome) else None
        states[fact.subject] = after(states[fact.subject], fact.key, mail)
        pdf_key = fact.pdf.key if isinstance(fact, TicketsIssued) else None
        yield Progress(fact.subject, states[fact.subject], pdf_key, progress.name_of(type(fact)), _public(fact))


def _public(fact: Fact) -> bytes:
    """What a stream may tell: nothing of how things are stored."""
    told: dict[str, object] = {"tickets": fact.tickets} if isinstance(fact, TicketsIssued) else {}
    if isinstance(fact, MailOutcome):
        told = {"template": fact.template}
    return msgspec.json.encode({"confirmation_number": fact.subject} | told)
