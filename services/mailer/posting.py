"""One mail sent once, whatever it says: claimed, written, handed in, settled and reported."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from services.mailer import mails, store
from services.mailer.addresses import BadAddress, Mailbox, mailbox
from services.mailer.composing import Cover
from services.mailer.in_hand import InHand, Work
from services.mailer.journal import MailJournal
from services.mailer.lines import Lines
from services.mailer.mails import MailKey
from services.mailer.measuring import MailMeasures
from services.mailer.outcomes import Outcome, Settle, Wait, after
from services.mailer.presence import LeaseLost, Presence
from services.mailer.recording import Recorder, Settlement, report
from services.mailer.sending import Letter, send
from services.mailer.standing import Standing
from services.mailer.store import Answer, Claim, Claimant, Held, Settled, Superseded
from shared.bus import Delivery, Done, Later, Verdict
from shared.bus.receipts import done
from shared.database import Connection, DatabaseUnavailable, Pool, connection, transaction
from shared.object_store import StoreUnavailable

log = structlog.get_logger()

# Every stage of a mail at its slowest: dialling, logging in, and twice the wait after DATA.
TIME_LIMIT = timedelta(minutes=15)
DEPENDENCY_WAIT = timedelta(seconds=2)
# A held mail comes back a little after it is free, and not in a tight loop when it is free already.
HELD_MARGIN = timedelta(milliseconds=250)
# What was handed in when we are told to stop gets so long to be recorded.
CLOSE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to be sent. `name` is its recipient's; `asked_by` brought the request; `write` gives the whole message.

    `claim` takes the right to send it, in a transaction of its own: what else must be true then is noted there.
    """

    key: MailKey
    name: str
    asked_by: Delivery
    write: Callable[[Cover], Awaitable[bytes]]
    claim: Callable[[Connection, MailKey, Claimant], Awaitable[Answer]] = store.claim


class Post:
    """Where handlers take their mails. `on_commit` is called when there is something to report."""

    def __init__(
        self,
        pool: "Pool[Any]",
        lines: Lines,
        sender: Mailbox,
        on_commit: Callable[[], None],
        measures: MailMeasures | None = None,
        presence: Presence | None = None,
        standing: Standing | None = None,
        journal: MailJournal | None = None,
    ) -> None:
        self._pool = pool
        self._lines = lines
        self._sender = sender
        self._presence = presence or Presence(pool)
        self._standing = standing or Standing()
        self._on_commit = on_commit
        self._recorder = Recorder(
            pool, on_commit, measures or MailMeasures(CollectorRegistry()), journal, sender.domain
        )
        self._in_hand = InHand()

    @property
    def capacity(self) -> int:
        """How many mails can travel at once."""
        return self._lines.size

    async def send(self, mail: Mail) -> Verdict:
        """Done once the mail is settled; Later, uncounted, while it waits: the mail counts its own attempts.

        What was handed in is recorded even if this is cancelled, and never handed in again meanwhile.
        What `write` raises comes out, but for a store or a database that is away.
        """
        if mail.key in self._in_hand:
            return Later("in hand already", store.ASK_AGAIN, counts=False)
        try:
            return await self._in_hand.carry(mail.key, lambda work: self._send(mail, work))
        except (DatabaseUnavailable, StoreUnavailable) as error:
            return Later(f"{type(error).__name__}: {error}", DEPENDENCY_WAIT, counts=False)
        except LeaseLost:
            return Later("the lease on the mail ran out", store.ASK_AGAIN, counts=False)

    async def close(self, grace: float = CLOSE_SECONDS) -> None:
        """Call off what is not handed in yet, and give the rest `grace` seconds to be recorded. Idempotent."""
        if await self._in_hand.close(grace):
            await self._presence.leave()

    async def _send(self, mail: Mail, work: Work) -> Verdict:
        by = await self._presence.claimant(mail.asked_by.message.id)
        try:
            answer = await self._claim(mail, by)
            match answer:
                case Settled() | Superseded():
                    return Done()
                case Held(remaining):
                    return Later("held, or waiting for its next attempt", remaining + HELD_MARGIN, counts=False)
            step = await self._attempt(mail, answer, work)
            if isinstance(step, Wait):
                await self._recorder.postpone(answer, step)
                return Later("waits for its next attempt", step.wait + HELD_MARGIN, counts=False)
        except BaseException as error:
            await self._release(mail.key, by, error)
            raise
        await self._recorder.settle(Settlement(answer, step, mail.asked_by), work)
        return done(mail.asked_by)

    async def _claim(self, mail: Mail, by: Claimant) -> Answer:
        """Whoever asks anew for what is settled is told anew: the first report may have been lost."""
        async with transaction(self._pool) as connected:
            answer = await mail.claim(connected, mail.key, by)
            if isinstance(answer, Settled) and answer.status:
                await report(connected, mail.key, answer.status, answer.reason)
        if isinstance(answer, Settled) and answer.status:
            self._on_commit()
        return answer

    async def _attempt(self, mail: Mail, claim: Claim, work: Work) -> Settle | Wait:
        def before_data() -> None:
            self._presence.check(claim)
            work.handed_in = True

        try:
            to = mailbox(mail.key.recipient, mail.name)
        except BadAddress as error:
            return Settle("bounced", str(error))
        outcome: Outcome | None = self._standing.pause(to.domain)
        if outcome is None:
            outcome = await send(self._lines, await self._letter(mail, to), before_data)
            self._standing.saw(outcome, to.domain)
        return after(outcome, claim.tries, random.random())

    async def _letter(self, mail: Mail, to: Mailbox) -> Letter:
        message_id = mails.message_id(mail.key, self._sender.domain)
        return Letter(self._sender, to, await mail.write(Cover(to, message_id, datetime.now(UTC))))

    async def _release(self, key: MailKey, by: Claimant, error: BaseException) -> None:
        """Let go at once, or as soon as the database is back."""
        if not isinstance(error, DatabaseUnavailable):
            try:
                async with connection(self._pool) as connected:
                    await store.release(connected, key, by.lease)
                return
            except DatabaseUnavailable as away:
                log.warning("mail.not-released", number=key.number, reason=str(away))
        self._presence.release(key, by.lease)
