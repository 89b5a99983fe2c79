"""Which mails went is noted outside the database, before the database knows."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from services.mailer.handlers import OrderMails
from services.mailer.journal import MailJournal
from services.mailer.lines import Lines
from services.mailer.posting import Post
from shared.bus import Done
from shared.database import Pool
from shared.object_store import ObjectStore
from tests.mailer.building import COMPOSER, SENDER, delivery_of, tickets_issued
from tests.mailer.mail_server import MailServer, saying


def noted(folder: Path) -> list[str]:
    return [line.split()[1] for file in folder.glob("*.log") for line in file.read_text().splitlines()]


class Watching(MailJournal):
    """Looks what the database knows of the mail once it is noted."""

    def __init__(self, folder: Path, pool: "Pool[Any]") -> None:
        super().__init__(folder)
        self._pool = pool
        self.statuses: list[str] = []

    async def add(self, message_id: str) -> None:
        await super().add(message_id)
        self.statuses.append(await self._pool.fetchval("SELECT status FROM mails"))


@pytest.fixture
def journal(tmp_path: Path, pool: "Pool[Any]") -> Watching:
    return Watching(tmp_path / "journal", pool)


@pytest.fixture
def journaling(pool: "Pool[Any]", objects: ObjectStore, lines: Lines, journal: Watching) -> OrderMails:
    return OrderMails(pool, objects, COMPOSER, Post(pool, lines, SENDER, on_commit=lambda: None, journal=journal))


async def test_a_mail_that_went_is_in_the_journal_before_the_database_knows(
    journaling: OrderMails, mail_server: MailServer, journal: Watching, tmp_path: Path
) -> None:
    assert await journaling.tickets_issued(tickets_issued(), delivery_of(tickets_issued())) == Done()

    assert noted(tmp_path / "journal") == [mail_server.received[0].message["Message-ID"]]
    assert journal.statuses == ["pending"]
    assert "ada@example.org" not in "".join(file.read_text() for file in (tmp_path / "journal").iterdir())


async def test_a_mail_that_did_not_go_is_not_in_the_journal(
    journaling: OrderMails, mail_server: MailServer, tmp_path: Path
) -> None:
    mail_server.on_data.append(saying("550 5.7.1 no"))
    await journaling.tickets_issued(tickets_issued(), delivery_of(tickets_issued()))

    assert noted(tmp_path / "journal") == []


async def test_what_many_note_at_once_is_all_there(tmp_path: Path) -> None:
    ids = [f"<{number:032x}@example.org>" for number in range(200)]
    one, another = MailJournal(tmp_path / "journal"), MailJournal(tmp_path / "journal")

    await asyncio.gather(*(journal.add(name) for name in ids for journal in (one, another)))

    assert sorted(noted(tmp_path / "journal")) == sorted(2 * ids)


async def test_a_journal_that_cannot_be_written_stops_no_mail(
    journaling: OrderMails, mail_server: MailServer, tmp_path: Path
) -> None:
    (tmp_path / "journal").write_text("no folder")

    assert await journaling.tickets_issued(tickets_issued(), delivery_of(tickets_issued())) == Done()
    assert len(mail_server.received) == 1
