"""Messages in, mails out: what each message has us send, and to whom."""

from functools import partial
from hashlib import sha256

from services.mailer.composing import Composer, Cover
from services.mailer.mails import MailKey
from services.mailer.posting import TIME_LIMIT, Mail, Post
from shared.bus import Bus, Delivery, Later, Subscription, Verdict
from shared.bus.typed import handling
from shared.messages import StoredDocument, TicketsIssued
from shared.object_store import NoSuchFile, ObjectStore
from shared.queues import queue_of

TICKETS = "tickets"


class DamagedFile(Exception):
    """The PDF in the store is not the one that was issued."""


class TicketMail:
    """Sends each order's tickets once."""

    def __init__(self, objects: ObjectStore, composer: Composer, post: Post) -> None:
        self._objects = objects
        self._composer = composer
        self._post = post

    async def subscribe(self, bus: Bus) -> None:
        """As many mails at once as can travel."""
        queue = queue_of("mailer", TicketsIssued)
        subscription = Subscription(queue, (TicketsIssued.key,), concurrency=self._post.capacity, time_limit=TIME_LIMIT)
        await bus.subscribe(subscription, handling(TicketsIssued, self.tickets_issued))

    async def tickets_issued(self, issued: TicketsIssued, _: Delivery) -> Verdict:
        key = MailKey(TICKETS, issued.number, issued.buyer.email)
        try:
            return await self._post.send(Mail(key, issued.buyer.name, partial(self._write, issued)))
        except (NoSuchFile, DamagedFile) as error:
            return Later(f"{type(error).__name__}: {error}")

    async def _write(self, issued: TicketsIssued, cover: Cover) -> bytes:
        return self._composer.tickets(issued, cover, await self._document(issued.pdf))

    async def _document(self, stored: StoredDocument) -> bytes:
        content = await self._objects.get(stored.key)
        if sha256(content).hexdigest() != stored.sha256:
            raise DamagedFile(stored.key)
        return content
