"""`boxoffice restore`: what was there, and nothing where something is."""

import gzip
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from boxoffice.backup.doubts import KNOWN_TEMPLATES
from boxoffice.backup.tables import ESSENTIAL
from boxoffice.failures import CannotStart
from services.mailer import mails
from services.mailer.mails import MailKey, message_id
from shared import bus as buses
from shared.bus import Message
from shared.keyring import load
from shared.migrations import LOCK, known_migrations, migrate
from shared.queues import declare_all
from tests.boxoffice.backups import EVENT, Place, add_mail, add_order, files_in, furnished

# What a restore changes on purpose: who is signed in, and which mails may be sent.
EXCEPT = ("mails", "sessions", "sign_in_links")


@pytest.fixture
async def place(migrated_url: str, tmp_path: Path) -> Place:
    return await furnished(Place(migrated_url, tmp_path / "data"))


@pytest.fixture
async def copy(place: Place, tmp_path: Path) -> Path:
    """A backup of `place`."""
    await place.back_up(tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
async def elsewhere(database_url: str, tmp_path: Path) -> Place:
    """Where nothing is yet."""
    return Place(database_url, tmp_path / "elsewhere")


async def content_of(place: Place) -> dict[str, Any]:
    """Every table's rows, and where every sequence stands."""
    tables = await place.fetch(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY('{orders,tickets,mailer,flags,bus}')"
    )
    rows = {
        f"{schema}.{name}": sorted(await place.fetch(f"SELECT t::text FROM {schema}.{name} t"))
        for schema, name in tables
        if name not in EXCEPT
    }
    sequences = await place.fetch("SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2")
    return rows | {"sequences": sequences}


async def shape_of(place: Place) -> list[tuple[Any, ...]]:
    return await place.fetch(
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = ANY('{orders,tickets,mailer,flags,bus}') ORDER BY 1, 2, 3"
    )


async def in_doubt(place: Place) -> set[tuple[Any, ...]]:
    return set(await place.fetch("SELECT number, template, revision FROM mailer.mails WHERE status = 'in-doubt'"))


async def test_what_is_restored_is_what_was_there(place: Place, elsewhere: Place, tmp_path: Path) -> None:
    bus = await buses.connect(place.url, source="test")
    await declare_all(bus)
    assert await bus.publish([Message("1", "order.placed.v1", "A", b"{}")]) == [None]
    await bus.close()
    await place.back_up(tmp_path / "copy")
    was = await content_of(place)

    await elsewhere.restore(tmp_path / "copy")

    assert await content_of(elsewhere) == was
    assert await shape_of(elsewhere) == await shape_of(place)
    assert files_in(elsewhere.store()) == files_in(place.store())
    assert load(elsewhere.data / "signing.key") == load(place.data / "signing.key")
    ((last,),) = await place.fetch("SELECT max(id) FROM orders.order_news")
    ((again,),) = await elsewhere.fetch(
        "INSERT INTO orders.order_news (number, name, data) VALUES ('A', 'x', '{}') RETURNING id"
    )
    assert again == last + 1


async def test_every_mail_that_may_have_gone_is_held_back(place: Place, elsewhere: Place, tmp_path: Path) -> None:
    await place.execute("DELETE FROM orders.orders")
    owed = await add_order(place, pdf=False)
    known = await add_order(place)
    await add_mail(place, known, "pending")
    again = await add_order(place, revision=3, mailed=True)
    cancelled = await add_order(place, cancelled=True, mailed=True)
    done = await add_order(place, cancelled=True, mailed=True)
    await add_mail(place, done, "sent", "cancellation")
    bounced = await add_order(place)
    await add_mail(place, bounced, "bounced")
    await place.back_up(tmp_path / "copy")

    await elsewhere.restore(tmp_path / "copy")

    assert await in_doubt(elsewhere) == {
        *((owed, "tickets", 1), (known, "tickets", 1)),
        *((again, "tickets", 2), (again, "tickets", 3)),
        (cancelled, "cancellation", 1),
    }
    assert await elsewhere.fetch("SELECT count(*) FROM mailer.mails WHERE status = 'pending'") == [(0,)]


def test_every_kind_of_mail_is_known_to_a_restore() -> None:
    constants = {value for name, value in vars(mails).items() if name.isupper() and isinstance(value, str)}
    assert constants == KNOWN_TEMPLATES


async def test_what_a_journal_or_a_log_tells_of_is_noted_as_sent(
    place: Place, elsewhere: Place, copy: Path, tmp_path: Path
) -> None:
    numbers = [number for (number,) in await place.fetch("SELECT number FROM orders.orders ORDER BY number")]
    names = [message_id(MailKey("tickets", number, "ada@example.org"), "example.org") for number in numbers]
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "2027-01.log").write_text(f"2027-01-01T12:00:00.000+00:00 {names[0]}\n")
    log = tmp_path / "mail.log.1.gz"
    log.write_bytes(gzip.compress(f"Jan 1 12:00:00 mx postfix/cleanup[7]: 4F: message-id={names[1]}\n".encode()))

    told = await elsewhere.run("restore", str(copy), "--journal", str(tmp_path / "journal"))
    assert (told.code, "1 of them did" in told.out, "2 are held back" in told.out) == (0, True, True), told.err
    marked = await elsewhere.run("mails", "mark-sent", "--found-in", str(log))
    assert marked.out == "1 mail noted as sent\n"

    assert await in_doubt(elsewhere) == {(numbers[2], "tickets", 1)}
    assert await elsewhere.fetch("SELECT subject FROM mailer.outbox WHERE key = 'email.sent.v1' ORDER BY position") == [
        (numbers[0],),
        (numbers[1],),
    ]


async def test_a_mistake_is_told_in_a_line(elsewhere: Place, tmp_path: Path) -> None:
    refused = await elsewhere.run("restore", str(tmp_path / "nowhere"))

    assert refused.code == 1
    assert (
        refused.err
        == f"boxoffice: {tmp_path / 'nowhere'} is no backup, or one that was not finished: it has no manifest.json\n"
    )


async def test_the_mails_held_back_are_listed_and_decided_about(elsewhere: Place, copy: Path) -> None:
    await elsewhere.restore(copy)
    numbers = sorted(number for number, _, _ in await in_doubt(elsewhere))
    listed = (await elsewhere.run("mails", "in-doubt", "--json", MAIL_FROM="box@example.org")).json
    key = MailKey("tickets", numbers[0], "ada@example.org")
    assert [mail["number"] for mail in listed] == numbers
    assert listed[0]["message_id"] == message_id(key, "example.org")
    assert "recipient" not in listed[0]

    assert (await elsewhere.run("mails", "send", numbers[0].lower())).out == "1 mail to be sent\n"
    assert (await elsewhere.run("mails", "mark-sent", numbers[1])).out == "1 mail noted as sent\n"
    unknown = await elsewhere.run("mails", "send", numbers[0])
    assert (unknown.code, "is in doubt" in unknown.err) == (1, True)
    assert (await elsewhere.run("mails", "send")).code == 2
    assert (await elsewhere.run("mails", "send", "--all")).out == "1 mail to be sent\n"

    statuses = await elsewhere.fetch("SELECT number, status FROM mailer.mails ORDER BY number")
    assert [status for _, status in statuses] == ["pending", "sent", "pending"]
    assert (await elsewhere.run("mails", "in-doubt")).out == "no mail is in doubt\n"


async def test_nobody_stays_signed_in_and_no_link_is_mailed(place: Place, elsewhere: Place, tmp_path: Path) -> None:
    await place.execute("INSERT INTO orders.sessions (id, address) VALUES ('\\x01', 'ada@example.org')")
    await place.execute(
        "INSERT INTO orders.outbox (message_id, key, subject, body) VALUES ('1', 'sign-in.requested.v1', 'x', '{}')"
    )
    await add_mail(place, "link", "pending", "sign-in")
    await place.back_up(tmp_path / "copy")

    await elsewhere.restore(tmp_path / "copy")

    assert await elsewhere.fetch("SELECT * FROM orders.sessions") == []
    assert await elsewhere.fetch("SELECT * FROM orders.outbox") == []
    assert await elsewhere.fetch("SELECT status FROM mailer.mails WHERE number = 'link'") == [("withdrawn",)]


async def test_a_backup_of_an_earlier_version_is_brought_up_to_date(
    elsewhere: Place, place: Place, tmp_path: Path
) -> None:
    """One from before mails could be in doubt."""
    await place.execute("DROP INDEX mailer.mails_in_doubt; ALTER TABLE mailer.orders DROP COLUMN cancellation")
    await place.execute("DELETE FROM mailer.migrations WHERE name LIKE '%/0040_in_doubt.sql'")
    await place.back_up(tmp_path / "copy")

    await elsewhere.restore(tmp_path / "copy")

    applied = {name for (name,) in await elsewhere.fetch("SELECT name FROM mailer.migrations")}
    assert applied == {migration.name for migration in known_migrations()["mailer"]}
    assert len(await in_doubt(elsewhere)) == 3


def newer(copy: Path, manifest: dict[str, Any]) -> str:
    manifest["migrations"]["tickets"]["tickets/9000_later.sql"] = "0" * 64
    return "the backup is of another Boxoffice"


def of_a_newer_format(copy: Path, manifest: dict[str, Any]) -> str:
    manifest["format"] = 2
    return "was written by a newer Boxoffice"


@pytest.mark.parametrize("change", [newer, of_a_newer_format])
async def test_a_backup_of_a_newer_version_is_refused(
    change: Callable[[Path, dict[str, Any]], str], elsewhere: Place, copy: Path
) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    told = change(copy, manifest)
    (copy / "manifest.json").write_text(json.dumps(manifest))

    assert told in await refusal(elsewhere, copy)


def without_manifest(copy: Path) -> None:
    (copy / "manifest.json").unlink()


def with_half_a_manifest(copy: Path) -> None:
    (copy / "manifest.json").write_bytes((copy / "manifest.json").read_bytes()[:100])


def with_another_row(copy: Path) -> None:
    table = copy / "tables" / "orders.orders.copy.gz"
    table.write_bytes(gzip.compress(gzip.decompress(table.read_bytes()).replace(b"Ada", b"Eve")))


def with_other_keys(copy: Path) -> None:
    (copy / "signing.key").write_text(hashlib.sha256(b"other").hexdigest())


def without_a_pdf(copy: Path) -> None:
    next(iter((copy / "store").rglob("*.pdf"))).unlink()


def with_half_a_pdf(copy: Path) -> None:
    file = next(iter((copy / "store").rglob("*.pdf")))
    file.write_bytes(file.read_bytes()[:10])


@pytest.mark.parametrize(
    "harm",
    [without_manifest, with_half_a_manifest, with_another_row, with_other_keys, without_a_pdf, with_half_a_pdf],
)
async def test_a_damaged_backup_is_refused_and_nothing_is_changed(
    harm: Callable[[Path], None], elsewhere: Place, copy: Path
) -> None:
    harm(copy)

    await refusal(elsewhere, copy)

    assert await shape_of(elsewhere) == []
    assert not (elsewhere.data / "signing.key").exists()


@pytest.fixture
async def service(place: Place) -> AsyncIterator[asyncpg.Connection]:
    """A connection as a service has it."""
    connection = await asyncpg.connect(place.url, server_settings={"application_name": "boxoffice-mailer"})
    yield connection
    await connection.close()


async def test_a_place_that_is_in_use_is_refused(place: Place, copy: Path, service: asyncpg.Connection) -> None:
    was = await content_of(place)
    assert "services are connected to the database (mailer)" in await refusal(place, copy, replace=True)
    await service.close()
    assert "the database is not empty" in await refusal(place, copy)
    assert await content_of(place) == was


async def test_nobody_migrates_beside_a_restore(place: Place, elsewhere: Place, copy: Path) -> None:
    migrating = await asyncpg.connect(elsewhere.url)
    await migrating.execute("SELECT pg_advisory_lock($1)", LOCK)
    assert "another process migrates" in await refusal(elsewhere, copy)
    await migrating.close()
    await elsewhere.restore(copy)
    assert await content_of(elsewhere) == await content_of(place)


async def test_what_makes_a_database_count_as_full_is_there(place: Place) -> None:
    for table in ESSENTIAL:
        assert await place.fetch("SELECT to_regclass($1::text) IS NOT NULL", table) == [(True,)], table


async def test_a_database_that_was_only_migrated_counts_as_empty(place: Place, elsewhere: Place, copy: Path) -> None:
    await migrate(elsewhere.url)
    await elsewhere.restore(copy)
    assert await content_of(elsewhere) == await content_of(place)


async def test_what_is_there_is_replaced_only_when_that_is_said(place: Place, copy: Path) -> None:
    was = await content_of(place)
    await add_order(place)
    (place.data / "signing.key").write_text("ab" * 32)

    await place.restore(copy, replace=True)

    assert await content_of(place) == was
    assert (place.data / "signing.key").read_bytes() == (copy / "signing.key").read_bytes()
    (aside,) = place.data.glob("signing.key.before-*")
    assert aside.read_text() == "ab" * 32


async def test_other_signing_keys_are_not_overwritten(elsewhere: Place, copy: Path) -> None:
    load(elsewhere.data / "signing.key")

    assert "has other keys than the backup" in await refusal(elsewhere, copy)
    assert await shape_of(elsewhere) == []


async def test_a_store_that_forgets_is_refused(elsewhere: Place, copy: Path) -> None:
    refused = await elsewhere.run("restore", str(copy), STORE_URL="memory://")
    assert (refused.code, "memory:// forgets" in refused.err) == (2, True)


async def test_a_broker_that_holds_messages_is_refused_until_it_is_empty(
    elsewhere: Place, copy: Path, redis_url: str, redis_prefix: str
) -> None:
    broker = f"{redis_url}?prefix={redis_prefix}"
    bus = await buses.connect(broker, source="test")
    await declare_all(bus)
    assert await bus.publish([Message("1", "order.placed.v1", "A", b"{}")]) == [None]
    await bus.close()

    refused = await elsewhere.run("restore", str(copy), BROKER_URL=broker)

    assert refused.code == 1
    assert "the broker holds 2 messages that the backup knows nothing of (tickets.order-placed" in refused.err
    assert (await elsewhere.run("restore", str(copy), "--keep-messages", BROKER_URL=broker)).code == 0


async def test_a_restore_that_failed_can_be_run_again(elsewhere: Place, copy: Path) -> None:
    manifest = (copy / "manifest.json").read_text()
    changed = json.loads(manifest)
    changed["tables"][-1]["rows"] += 1
    (copy / "manifest.json").write_text(json.dumps(changed))
    assert "has other rows" in await refusal(elsewhere, copy)
    assert await shape_of(elsewhere) == []

    (copy / "manifest.json").write_text(manifest)
    await elsewhere.restore(copy)
    assert await elsewhere.fetch("SELECT count(*) FROM orders.orders WHERE event_id = $1", EVENT) == [(3,)]


async def refusal(place: Place, copy: Path, *, replace: bool = False) -> str:
    """Why it was refused."""
    with pytest.raises(CannotStart) as refused:
        await place.restore(copy, replace=replace)
    return str(refused.value)
