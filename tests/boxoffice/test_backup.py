"""`boxoffice backup`: one moment, whole or not at all."""

import asyncio
import gzip
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.boxoffice.backups import EVENT, Place, furnished

KEYLESS = "--without-keys"


@pytest.fixture
async def place(migrated_url: str, tmp_path: Path) -> Place:
    return await furnished(Place(migrated_url, tmp_path / "data"))


@pytest.fixture
async def selling(place: Place) -> AsyncIterator[asyncio.Event]:
    """Sells until the test is over: each sale takes a place, and puts down its ticket. Set when one is done."""
    await place.execute(
        "INSERT INTO orders.ticket_types (id, event_id, slug, position, name, price_amount, currency, capacity, "
        "available, max_per_order) VALUES ($1, $1, 'general', 1, 'General', 1, 'EUR', 1000000, 1000000, 10)",
        EVENT,
    )
    sold = asyncio.Event()
    connection = await asyncpg.connect(place.url)

    async def sell() -> None:
        while True:
            async with connection.transaction():
                await connection.execute("UPDATE orders.ticket_types SET available = available - 1")
                await connection.execute(
                    "INSERT INTO orders.tickets VALUES (gen_random_uuid(), $1, $1, $1, 'Ada')",
                    EVENT,
                )
            sold.set()

    selling = asyncio.create_task(sell())
    yield sold
    selling.cancel()
    await asyncio.gather(selling, return_exceptions=True)
    await connection.close()


def rows_of(copy: Path, schema: str, name: str) -> list[dict[str, str]]:
    (table,) = (table for table in manifest_of(copy)["tables"] if (table["schema"], table["name"]) == (schema, name))
    lines = gzip.decompress((copy / table["file"]).read_bytes()).decode().splitlines()
    return [dict(zip(table["columns"], line.split("\t"), strict=True)) for line in lines]


def manifest_of(copy: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((copy / "manifest.json").read_text())
    return manifest


async def test_a_backup_amid_orders_shows_one_moment(place: Place, selling: asyncio.Event, tmp_path: Path) -> None:
    await selling.wait()
    made = await place.run("backup", str(tmp_path / "copy"))

    assert made.code == 0, made.err
    (kind,) = rows_of(tmp_path / "copy", "orders", "ticket_types")
    tickets = rows_of(tmp_path / "copy", "orders", "tickets")
    assert int(kind["capacity"]) - int(kind["available"]) == len(tickets) > 0


async def test_a_backup_is_for_its_owners_eyes_and_says_what_it_holds(place: Place, tmp_path: Path) -> None:
    made = await place.run("backup", str(tmp_path / "new" / "copy"))

    copy = tmp_path / "new" / "copy"
    assert made.code == 0, made.err
    assert "3 PDFs" in made.out
    assert "signing keys" in made.out
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in copy.glob("*.*")} == {0o600}
    assert (copy / "signing.key").read_bytes() == (place.data / "signing.key").read_bytes()
    assert manifest_of(copy)["store"]["files"] == 3
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


async def test_the_keys_can_be_kept_elsewhere(place: Place, tmp_path: Path) -> None:
    (place.data / "signing.key").unlink()

    refused = await place.run("backup", str(tmp_path / "copy"))
    assert (refused.code, (tmp_path / "copy").exists()) == (1, False)
    assert "SIGNING_KEY" in refused.err
    assert (await place.run("backup", str(tmp_path / "copy"), KEYLESS)).code == 0
    assert not (tmp_path / "copy" / "signing.key").exists()
    assert not (place.data / "signing.key").exists()


async def test_a_pdf_that_the_store_has_not_or_has_damaged_is_named(place: Place, tmp_path: Path) -> None:
    gone, damaged, _ = sorted(place.store().rglob("*.pdf"))
    gone.unlink()
    damaged.write_bytes(b"%PDF")

    made = await place.run("backup", str(tmp_path / "copy"))

    assert made.code == 0
    assert "the store lacks 2 PDFs" in made.err
    missing = [str(path.relative_to(place.store())) for path in (gone, damaged)]
    assert sorted(manifest_of(tmp_path / "copy")["store"]["missing"]) == missing


async def test_a_folder_that_is_in_use_is_left_alone(place: Place, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "letter").write_text("dear")

    refused = await place.run("backup", str(tmp_path / "copy"))

    assert refused.code == 1
    assert "is not empty" in refused.err
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["letter"]


async def test_a_failed_backup_leaves_nothing(place: Place, tmp_path: Path) -> None:
    """The store fails in the middle, at a file that can't be opened."""
    file, *_ = sorted(place.store().rglob("*.pdf"))
    file.unlink()
    file.symlink_to(file)

    failed = await place.run("backup", str(tmp_path / "copies" / "copy"))

    (complaint,) = failed.err.splitlines()
    assert failed.code == 1
    assert "can't be copied" in complaint
    assert list((tmp_path / "copies").iterdir()) == []


async def test_a_place_where_no_folder_can_be_is_told(place: Place, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    failed = await place.run("backup", str(tmp_path / "file" / "copy"))

    assert failed.code == 1
    assert "can't write the backup to" in failed.err


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "DATABASE_URL: the database can't be used"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set, and there is nothing in"),
        ({"DATABASE_URL": "mysql://here"}, "must begin with postgresql://"),
    ],
)
async def test_what_stands_in_the_way_is_told_in_a_line(
    place: Place, tmp_path: Path, settings: dict[str, str], told: str
) -> None:
    failed = await place.run("backup", str(tmp_path / "copy"), **settings)

    assert failed.code > 0
    (complaint,) = failed.err.splitlines()
    assert told in complaint
    assert not (tmp_path / "copy").exists()


async def test_a_database_without_our_schemas_is_refused(database_url: str, tmp_path: Path) -> None:
    failed = await Place(database_url, tmp_path / "data").run("backup", str(tmp_path / "copy"), KEYLESS)

    assert failed.code == 1
    assert "has no schema orders: run `boxoffice migrate`" in failed.err
