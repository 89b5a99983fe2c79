"""What became of a mail, written down and reported in one transaction."""

import asyncio
from collections.abc import Callable
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
from shared.database import Connection, DatabaseUnavailable, Pool, connection, transaction

log = structlog.get_logger()

RECORD_AGAIN_SECONDS = 1.0


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
        self._on_commit = on_commit
        self._measures = measures
        self._journal = journal
        self._domain = domain

    async def settle(self, claim: Claim, end: Settle, work: Work) -> None:
        """Record and report it, however long the database is away: forgetting here would send the mail twice."""
        if self._journal and end.status == "sent":
            await self._journal.add(mails.message_id(claim.key, self._domain))
        while True:
            try:
                ours = await self._settle(claim, end)
                break
            except DatabaseUnavailable as error:
                if not work.unrecorded.done():
                    log.warning("mail.not-recorded", **_ids(claim.key), reason=str(error))
                work.must_wait()
                await asyncio.sleep(RECORD_AGAIN_SECONDS)
        if ours:
            self._on_commit()
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

    async def _settle(self, claim: Claim, end: Settle) -> bool:
        async with transaction(self._pool) as connected:
            ours = await store.settle(connected, claim, end)
            if ours:
                await report(connected, claim.key, end.status, end.reason)
        return ours


async def report(connected: Connection, key: MailKey, status: Status, reason: str | None) -> None:
    """Owe it to the others, from the commit of the caller's transaction on."""
    if mails.about_an_order(key):
        await outbox.add(connected, [messages.message(mails.report(key, status, reason), source="mailer")])


def _ids(key: MailKey) -> dict[str, str]:
    return {"number": key.number, "template": key.template}
