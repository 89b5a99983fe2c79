"""An installation without its processes: a database with orders in it, a store, a key file, and commands on them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import SecretStr

from boxoffice.backup.making import back_up
from boxoffice.backup.restoring import Restored, Wishes, restore
from services.mailer.settings import MailerSettings
from services.orders.numbers import new_number
from shared import keyring
from shared.identifiers import uuid7
from shared.object_store import open_store
from tests.boxoffice.running import Told, boxoffice

EVENT = UUID(int=7)
ORGANISER = UUID(int=5)
NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation is: its database and its folder."""

    url: str
    data: Path

    async def run(self, *words: str, **settings: str) -> Told:
        """The command as a process."""
        around = {"DATABASE_URL": self.url, "DATA_DIR": str(self.data)} | settings
        return await boxoffice(*words, typed=b"", **around)

    @property
    def settings(self) -> MailerSettings:
        return MailerSettings(database_url=SecretStr(self.url), data_dir=self.data)

    async def back_up(self, copy: Path) -> None:
        """What the command does, without its process."""
        await back_up(self.settings, copy, with_keys=True, tell=lambda _: None)

    async def restore(self, copy: Path, *, replace: bool = False) -> Restored:
        """Likewise. Raises `CannotStart`."""
        return await restore(self.settings, copy, Wishes(replace=replace), tell=lambda _: None)

    async def fetch(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(self.url)
        try:
            return [tuple(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    async def execute(self, query: str, *values: Any) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(query, *values)
        finally:
            await connection.close()

    def store(self) -> Path:
        return self.data / "store"


async def furnished(place: Place, orders: int = 3) -> Place:
    """With an organiser, an event, some orders with their tickets and PDFs, and signing keys."""
    keyring.load(place.data / "signing.key")
    await place.execute("INSERT INTO orders.organisers (id, name) VALUES ($1, 'Nachtlicht')", ORGANISER)
    await place.execute(
        "INSERT INTO orders.events (id, organiser_id, slug, name, starts_at, timezone) "
        "VALUES ($1, $2, 'night', E'Night\\tMusic\\\\ \\u2014 \\u97f3\\u6a02', $3, 'Europe/Berlin')",
        *(EVENT, ORGANISER, NOW),
    )
    for _ in range(orders):
        await add_order(place)
    return place


async def add_order(
    place: Place, *, revision: int = 1, cancelled: bool = False, mailed: bool = False, pdf: bool = True
) -> str:
    """One order; returns its number. `mailed`: its first mail of tickets is settled."""
    identity = uuid7()
    number = new_number()
    await place.execute(
        "INSERT INTO orders.orders (id, number, event_id, buyer_name, buyer_email, locale, lines, total_amount, "
        "currency, placed_at, mail_revision, status) "
        "VALUES ($1, $2, $3, 'Ada', 'ada@example.org', 'en', '[]', 100, 'EUR', $4, $5, $6)",
        *(identity, number, EVENT, NOW, revision, "cancelled" if cancelled else "confirmed"),
    )
    await place.execute(
        "INSERT INTO orders.order_news (number, name, data) VALUES ($1, 'order.placed', '{}')",
        number,
    )
    if mailed:
        await add_mail(place, number, "sent")
    if pdf:
        await add_document(place, number)
    return number


async def add_mail(place: Place, number: str, status: str, template: str = "tickets", revision: int = 1) -> None:
    await place.execute(
        "INSERT INTO mailer.mails (number, template, recipient, revision, status, lease, not_before) "
        "VALUES ($1, $2, 'ada@example.org', $3, $4, gen_random_uuid(), now() + interval '1 hour')",
        *(number, template, revision, status),
    )


async def add_document(place: Place, number: str) -> None:
    content = f"%PDF of {number}".encode() * 50
    key = f"tickets/{EVENT}/{number}.pdf"
    await open_store(place.store().as_uri()).put(key, content)
    await place.execute(
        "INSERT INTO tickets.documents (number, event_id, store_key, size, sha256) VALUES ($1, $2, $3, $4, $5)",
        *(number, EVENT, key, len(content), sha256(content).hexdigest()),
    )


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file by its path."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
