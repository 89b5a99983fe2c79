"""What became of a mail, written down and reported in one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from services.mailer import mails, store
from services.mailer.in_hand import Work
from services.mailer.journal import MailJournal
from services.mailer.mails import MailKey
from services.mailer.measuring import MailMeasures
from services.mailer.outcomes import Settle, Status, Wait
from services.mailer.store import Claim
from shared import messages, outbox
from shared.bus import Delivery
from shared.bus.receipts import acknowledge
from shared.database import Connection, DatabaseUnavailable, Pool, connection
from shared.together import Together, in_one_transaction

log = structlog.get_logger()

RECORD_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Settlement:
    """The end of a mail, and the message that asked for it."""

    claim: Claim
    end: Settle
    asked_by: Delivery

    @property
    def key(self) -> tuple[str, str, str, int]:
        key = self.claim.key
        return key.number, key.template, key.recipient, key.revision


class Recorder:
    """`on_commit` is called when there is something to report."""

    def __init__(
        self,
        pool: "Pool[Any]",
        on_commit: Callable[[], None],
        measures: MailMeasures,
        journal: MailJournal | None,
        domain: str,
    ) -> None:
        """`domain` is that of the mails' `Message-ID`s, which the journal keeps."""
        self._pool = pool
        self._settlements = Together[Settlement, bool](in_one_transaction(pool, write_settlements, on_commit))
        self._measures = measures
        self._journal = journal
        self._domain = domain

    async def settle(self, settlement: Settlement, work: Work) -> None:
        """Record and report it, however long the database is away: forgetting here would send the mail twice."""
        claim, end = settlement.claim, settlement.end
        if self._journal and end.status == "sent":
            await self._journal.add(mails.message_id(claim.key, self._domain))
        while True:
            try:
                ours = await self._settlements.add(settlement)
                break
            except DatabaseUnavailable as error:
                if not work.unrecorded.done():
                    log.warning("mail.not-recorded", **_ids(claim.key), reason=str(error))
                work.must_wait()
                await asyncio.sleep(RECORD_AGAIN_SECONDS)
        if ours:
            self._measures.count(claim.key.template, end.status)
            log.info(f"mail.{end.status}", **_ids(claim.key), attempt=claim.tries.attempts + 1)

    async def postpone(self, claim: Claim, wait: Wait) -> None:
        """Raises `DatabaseUnavailable`: the mail was not taken, and may as well be tried again."""
        async with connection(self._pool) as connected:
            await store.postpone(connected, claim, wait)
        self._measures.count(claim.key.template, "postponed")
        seconds = round(wait.wait.total_seconds(), 1)
        # The server's words may name the recipient: they are kept with the mail, and out of the logs.
        log.info("mail.postponed", **_ids(claim.key), seconds=seconds, counts=wait.counts)


async def write_settlements(connected: Connection, settlements: Sequence[Settlement]) -> list[bool]:
    """Record them, report those that are ours to report, and acknowledge all; whether each is ours.

    In the order of their keys, so that two mailers with the same mails wait for each other and do not deadlock.
    """
    ours = set[Settlement]()
    for settlement in sorted(settlements, key=lambda settlement: settlement.key):
        if await store.settle(connected, settlement.claim, settlement.end):
            ours.add(settlement)
    reports = [
        mails.report(settlement.claim.key, settlement.end.status, settlement.end.reason)
        for settlement in settlements
        if settlement in ours and mails.about_an_order(settlement.claim.key)
    ]
    await outbox.add(connected, [messages.message(fact, source="mailer") for fact in reports])
    await acknowledge(connected, [settlement.asked_by for settlement in settlements])
    return [settlement in ours for settlement in settlements]


async def report(connected: Connection, key: MailKey, status: Status, reason: str | None) -> None:
    """Owe it to the others, from the commit of the caller's transaction on."""
    if mails.about_an_order(key):
        await outbox.add(connected, [messages.message(mails.report(key, status, reason), source="mailer")])


def _ids(key: MailKey) -> dict[str, str]:
    return {"number": key.number, "template": key.template}
