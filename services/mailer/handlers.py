"""Tickets issued in, one mail out, and what became of it reported."""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import structlog

from services.mailer import leasing, mails, store
from services.mailer.addresses import BadAddress, mailbox
from services.mailer.composing import Composer
from services.mailer.leasing import LeaseLost
from services.mailer.lines import Lines
from services.mailer.mails import MailKey
from services.mailer.outcomes import Settle, Wait, after
from services.mailer.sending import Letter, send
from services.mailer.store import Claim, Held, Settled
from shared import messages, outbox
from shared.bus import Bus, Delivery, Done, Later, Subscription, Verdict
from shared.bus.typed import handling
from shared.database import DatabaseUnavailable, Pool, connection, transaction
from shared.messages import StoredDocument, TicketsIssued
from shared.object_store import NoSuchFile, ObjectStore, StoreUnavailable
from shared.queues import queue_of

log = structlog.get_logger()

QUEUE = queue_of("mailer", TicketsIssued)
TICKETS = "tickets"
# Every stage of a mail at its slowest: dialling, logging in, and twice the wait after DATA.
TIME_LIMIT = timedelta(minutes=15)
DEPENDENCY_WAIT = timedelta(seconds=2)
# A held mail comes back a little after it is free, and not in a tight loop when it is free already.
HELD_MARGIN = timedelta(milliseconds=250)
RECORD_AGAIN_SECONDS = 1.0


class DamagedFile(Exception):
    """The PDF in the store is not the one that was issued."""


class TicketMail:
    """Sends each order's tickets once, and calls `on_commit` when there is something to report."""

    def __init__(
        self,
        pool: "Pool[Any]",
        objects: ObjectStore,
        composer: Composer,
        lines: Lines,
        on_commit: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._objects = objects
        self._composer = composer
        self._lines = lines
        self._on_commit = on_commit

    async def subscribe(self, bus: Bus) -> None:
        """As many mails at once as there are lines."""
        subscription = Subscription(QUEUE, (TicketsIssued.key,), concurrency=self._lines.size, time_limit=TIME_LIMIT)
        await bus.subscribe(subscription, handling(TicketsIssued, self.tickets_issued))

    async def tickets_issued(self, issued: TicketsIssued, _: Delivery) -> Verdict:
        """Done once the mail is settled; Later, uncounted, while it waits: the mail counts its own attempts."""
        try:
            return await self._mail(issued)
        except (DatabaseUnavailable, StoreUnavailable) as error:
            return Later(f"{type(error).__name__}: {error}", DEPENDENCY_WAIT, counts=False)
        except LeaseLost:
            return Later("the lease on the mail ran out", store.LEASE, counts=False)
        except (NoSuchFile, DamagedFile) as error:
            return Later(f"{type(error).__name__}: {error}")

    async def _mail(self, issued: TicketsIssued) -> Verdict:
        asked_at = time.monotonic()
        async with connection(self._pool) as connected:
            claim = await store.claim(connected, MailKey(TICKETS, issued.number, issued.buyer.email))
        match claim:
            case Settled():
                return Done()
            case Held(remaining):
                return Later("held, or waiting for its next attempt", remaining + HELD_MARGIN, counts=False)
        async with leasing.held(self._pool, claim, asked_at) as still_ours:
            try:
                letter = await self._compose(claim.key, issued)
                step = after(await send(self._lines, letter, still_ours), claim.tries, random.random())
            except BadAddress as error:
                step = Settle("bounced", str(error))
            return await (self._postpone(claim, step) if isinstance(step, Wait) else self._settle(claim, step))

    async def _compose(self, key: MailKey, issued: TicketsIssued) -> Letter:
        to = mailbox(issued.buyer.email, issued.buyer.name)
        pdf = await self._document(issued.pdf)
        message_id = mails.message_id(key, self._composer.sender.domain)
        content = self._composer.tickets(issued, to, message_id, pdf, datetime.now(UTC))
        return Letter(self._composer.sender, to, content)

    async def _document(self, stored: StoredDocument) -> bytes:
        content = await self._objects.get(stored.key)
        if sha256(content).hexdigest() != stored.sha256:
            raise DamagedFile(stored.key)
        return content

    async def _postpone(self, claim: Claim, wait: Wait) -> Verdict:
        async with connection(self._pool) as connected:
            await store.postpone(connected, claim, wait)
        log.info(
            "mail.postponed", number=claim.key.number, seconds=round(wait.wait.total_seconds(), 1), counts=wait.counts
        )
        # The server's words may name the recipient: they are kept with the mail, and out of the logs.
        return Later("waits for its next attempt", wait.wait + HELD_MARGIN, counts=False)

    async def _settle(self, claim: Claim, end: Settle) -> Verdict:
        """Record and report it, however long the database is away: forgetting here would send the mail twice."""
        while True:
            try:
                ours = await self._record(claim, end)
                break
            except DatabaseUnavailable as error:
                log.warning("mail.not-recorded", number=claim.key.number, reason=str(error))
                await asyncio.sleep(RECORD_AGAIN_SECONDS)
        if ours:
            self._on_commit()
            log.info(f"mail.{end.status}", number=claim.key.number, attempt=claim.tries.attempts + 1)
        return Done()

    async def _record(self, claim: Claim, end: Settle) -> bool:
        report = mails.report(claim.key, end.status, end.reason)
        async with transaction(self._pool) as connected:
            ours = await store.settle(connected, claim, end)
            if ours:
                await outbox.add(connected, [messages.message(report, source="mailer")])
        return ours
