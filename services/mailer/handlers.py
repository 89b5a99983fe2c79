"""Messages in, mails out: what each message has us send, and to whom."""

from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from services.mailer import store
from services.mailer.composing import Composer, Cover
from services.mailer.mails import CANCELLATION, TICKETS, MailKey
from services.mailer.posting import TIME_LIMIT, Mail, Post
from shared.bus import Bus, Delivery, Done, Later, Subscription, Verdict
from shared.bus.typed import handling
from shared.database import DatabaseUnavailable, Pool, connection
from shared.messages import Fact, OrderCancelled, OrderResendRequested, StoredDocument, TicketsIssued, time_of
from shared.object_store import NoSuchFile, ObjectStore
from shared.queues import queue_of

# What others have to put right, tickets and their reconciler or an operator, is waited for so long.
PATIENCE = timedelta(days=1)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=1)


class DamagedFile(Exception):
    """The PDF in the store is not the one that was issued."""


class OrderMails:
    """The mails about an order: its tickets, the same again when they are asked for, and that they are void."""

    def __init__(self, pool: "Pool[Any]", objects: ObjectStore, composer: Composer, post: Post) -> None:
        self._pool = pool
        self._objects = objects
        self._composer = composer
        self._post = post

    async def subscribe(self, bus: Bus) -> None:
        for subscription, handler in (
            (self._subscription(TicketsIssued), handling(TicketsIssued, self.tickets_issued)),
            (self._subscription(OrderResendRequested), handling(OrderResendRequested, self.resend_requested)),
            (self._subscription(OrderCancelled), handling(OrderCancelled, self.order_cancelled)),
        ):
            await bus.subscribe(subscription, handler)

    async def tickets_issued(self, issued: TicketsIssued, delivery: Delivery) -> Verdict:
        return await self._send_tickets(issued, 1, delivery)

    async def resend_requested(self, asked: OrderResendRequested, delivery: Delivery) -> Verdict:
        """It may come before what there is to send again does, and then waits for it."""
        try:
            async with connection(self._pool) as connected:
                known = await store.known_order(connected, asked.number)
        except DatabaseUnavailable as error:
            return Later(str(error), counts=False)
        if asked.template == CANCELLATION:
            if known.cancellation is None:
                return Later("the order is not known to be cancelled")
            return await self.order_cancelled(known.cancellation, delivery)
        if known.cancelled:
            return Done()
        if known.issued is None:
            return _patiently("the order's tickets are not known to be issued", delivery)
        return await self._send_tickets(known.issued, asked.revision, delivery)

    async def order_cancelled(self, cancelled: OrderCancelled, delivery: Delivery) -> Verdict:
        async def write(cover: Cover) -> bytes:
            return self._composer.cancellation(cancelled, cover)

        key = MailKey(CANCELLATION, cancelled.number, cancelled.buyer.email)
        claim = partial(store.claim_cancellation, cancelled=cancelled)
        return await self._post.send(Mail(key, cancelled.buyer.name, delivery, write, claim))

    async def _send_tickets(self, issued: TicketsIssued, revision: int, delivery: Delivery) -> Verdict:
        key = MailKey(TICKETS, issued.number, issued.buyer.email, revision)
        write = partial(self._write_tickets, issued)
        claim = partial(store.claim_tickets, issued=issued)
        try:
            return await self._post.send(Mail(key, issued.buyer.name, delivery, write, claim))
        except NoSuchFile:
            return _patiently(f"the store has no {issued.pdf.key}: it must be rendered again", delivery)
        except DamagedFile:
            return _patiently(f"{issued.pdf.key} in the store is not what was issued: it must be restored", delivery)

    async def _write_tickets(self, issued: TicketsIssued, cover: Cover) -> bytes:
        return self._composer.tickets(issued, cover, await self._document(issued.pdf))

    async def _document(self, stored: StoredDocument) -> bytes:
        content = await self._objects.get(stored.key)
        if sha256(content).hexdigest() != stored.sha256:
            raise DamagedFile(stored.key)
        return content

    def _subscription(self, kind: type[Fact]) -> Subscription:
        """As many mails at once as can travel."""
        concurrency = self._post.capacity
        return Subscription(queue_of("mailer", kind), (kind.key,), concurrency=concurrency, time_limit=TIME_LIMIT)


def _patiently(reason: str, delivery: Delivery) -> Verdict:
    """Wait as long again as the message is old, a minute at most; a day later it counts, and ends as a dead letter."""
    age = datetime.now(UTC) - time_of(delivery.message.body)
    return Later(reason, min(max(age, FIRST_WAIT), LONGEST_WAIT), counts=age > PATIENCE)
