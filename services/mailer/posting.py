"""One mail sent once, whatever it says: claimed, written, handed in, settled and reported."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from services.mailer import leasing, mails, store
from services.mailer.addresses import BadAddress, Mailbox, mailbox
from services.mailer.composing import Cover
from services.mailer.journal import MailJournal
from services.mailer.leasing import LeaseLost
from services.mailer.lines import Lines
from services.mailer.mails import MailKey
from services.mailer.measuring import MailMeasures
from services.mailer.outcomes import Settle, Wait, after
from services.mailer.sending import Letter, send
from services.mailer.store import Claim, Held, Settled
from shared import messages, outbox
from shared.bus import Done, Later, Verdict
from shared.database import Connection, DatabaseUnavailable, Pool, connection, transaction
from shared.object_store import StoreUnavailable

log = structlog.get_logger()

# Every stage of a mail at its slowest: dialling, logging in, and twice the wait after DATA.
TIME_LIMIT = timedelta(minutes=15)
DEPENDENCY_WAIT = timedelta(seconds=2)
# A held mail comes back a little after it is free, and not in a tight loop when it is free already.
HELD_MARGIN = timedelta(milliseconds=250)
RECORD_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to be sent. `name` is its recipient's; `write` gives the whole message.

    `claim` takes the right to send it, in a transaction of its own: what else must be true then is noted there.
    """

    key: MailKey
    name: str
    write: Callable[[Cover], Awaitable[bytes]]
    claim: Callable[[Connection, MailKey], Awaitable[Claim | Held | Settled]] = store.claim


class Post:
    """Where handlers take their mails. `on_commit` is called when there is something to report."""

    def __init__(
        self,
        pool: "Pool[Any]",
        lines: Lines,
        sender: Mailbox,
        on_commit: Callable[[], None],
        measures: MailMeasures | None = None,
        journal: MailJournal | None = None,
    ) -> None:
        self._pool = pool
        self._lines = lines
        self._sender = sender
        self._on_commit = on_commit
        self._journal = journal
        self._measures = measures or MailMeasures(CollectorRegistry())

    @property
    def capacity(self) -> int:
        """How many mails can travel at once."""
        return self._lines.size

    async def send(self, mail: Mail) -> Verdict:
        """Done once the mail is settled; Later, uncounted, while it waits: the mail counts its own attempts.

        What `write` raises comes out, but for a store or a database that is away.
        """
        try:
            return await self._send(mail)
        except (DatabaseUnavailable, StoreUnavailable) as error:
            return Later(f"{type(error).__name__}: {error}", DEPENDENCY_WAIT, counts=False)
        except LeaseLost:
            return Later("the lease on the mail ran out", store.LEASE, counts=False)

    async def _send(self, mail: Mail) -> Verdict:
        asked_at = time.monotonic()
        async with transaction(self._pool) as connected:
            claim = await mail.claim(connected, mail.key)
        match claim:
            case Settled():
                return Done()
            case Held(remaining):
                return Later("held, or waiting for its next attempt", remaining + HELD_MARGIN, counts=False)
        async with leasing.held(self._pool, claim, asked_at) as still_ours:
            try:
                letter = await self._letter(mail)
                step = after(await send(self._lines, letter, still_ours), claim.tries, random.random())
            except BadAddress as error:
                step = Settle("bounced", str(error))
            return await (self._postpone(claim, step) if isinstance(step, Wait) else self._settle(claim, step))

    async def _letter(self, mail: Mail) -> Letter:
        to = mailbox(mail.key.recipient, mail.name)
        message_id = mails.message_id(mail.key, self._sender.domain)
        return Letter(self._sender, to, await mail.write(Cover(to, message_id, datetime.now(UTC))))

    async def _postpone(self, claim: Claim, wait: Wait) -> Verdict:
        async with connection(self._pool) as connected:
            await store.postpone(connected, claim, wait)
        self._measures.count(claim.key.template, "postponed")
        seconds = round(wait.wait.total_seconds(), 1)
        log.info("mail.postponed", **_ids(claim), seconds=seconds, counts=wait.counts)
        # The server's words may name the recipient: they are kept with the mail, and out of the logs.
        return Later("waits for its next attempt", wait.wait + HELD_MARGIN, counts=False)

    async def _settle(self, claim: Claim, end: Settle) -> Verdict:
        """Record and report it, however long the database is away: forgetting here would send the mail twice."""
        if self._journal and end.status == "sent":
            await self._journal.add(mails.message_id(claim.key, self._sender.domain))
        while True:
            try:
                ours = await self._record(claim, end)
                break
            except DatabaseUnavailable as error:
                log.warning("mail.not-recorded", **_ids(claim), reason=str(error))
                await asyncio.sleep(RECORD_AGAIN_SECONDS)
        if ours:
            self._on_commit()
            self._measures.count(claim.key.template, end.status)
            log.info(f"mail.{end.status}", **_ids(claim), attempt=claim.tries.attempts + 1)
        return Done()

    async def _record(self, claim: Claim, end: Settle) -> bool:
        async with transaction(self._pool) as connected:
            ours = await store.settle(connected, claim, end)
            if ours and mails.about_an_order(claim.key):
                report = mails.report(claim.key, end.status, end.reason)
                await outbox.add(connected, [messages.message(report, source="mailer")])
        return ours


def _ids(claim: Claim) -> dict[str, str]:
    return {"number": claim.key.number, "template": claim.key.template}
