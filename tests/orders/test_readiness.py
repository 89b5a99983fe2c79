"""`/readyz` tells when the database takes no writes, why, and that it is over."""

from typing import Any

import asyncpg
import pytest

from shared import readiness
from shared.readiness import DISK_FULL, READ_ONLY
from tests.orders.conftest import Orders
from tests.orders.test_api import place
from tests.servers.waiting import eventually

# What a full disk does to an order, as Postgres says it.
FULL = """
    CREATE FUNCTION orders.full() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON orders.orders FOR EACH ROW EXECUTE FUNCTION orders.full();
"""


async def ready(orders: Orders) -> tuple[int, str | None]:
    async with orders.client.get("/readyz") as response:
        answer: dict[str, Any] = await response.json()
    return response.status, answer.get("reason")


async def set_for_all(url: str, setting: str) -> None:
    """A setting of the database, for every session from now on; those there are end."""
    connection = await asyncpg.connect(url)
    try:
        name = await connection.fetchval("SELECT quote_ident(current_database())")
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute(f"ALTER DATABASE {name} {setting}")
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()


async def is_ready(orders: Orders) -> bool:
    return await ready(orders) == (200, None)


async def test_a_read_only_database_is_not_ready_until_it_takes_writes_again(orders: Orders, migrated_url: str) -> None:
    assert await is_ready(orders)
    await set_for_all(migrated_url, "SET default_transaction_read_only = on")
    await eventually(lambda: says(orders, READ_ONLY))
    status, answer = await place(orders)
    assert (status, answer["type"]) == (503, "urn:boxoffice:problem:overloaded")
    await set_for_all(migrated_url, "RESET default_transaction_read_only")
    await eventually(lambda: is_ready(orders))
    assert (await place(orders))[0] == 201


async def test_a_disk_without_room_is_not_ready_until_it_has_room_again(
    orders: Orders, migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody writes anything meanwhile: it is found out by using some room."""
    monkeypatch.setattr(readiness, "ROOM_SECONDS", 0.0)
    assert await is_ready(orders)
    await set_for_all(migrated_url, "SET temp_file_limit = 0")
    await eventually(lambda: says(orders, DISK_FULL))
    await set_for_all(migrated_url, "RESET temp_file_limit")
    await eventually(lambda: is_ready(orders))


async def test_a_write_that_a_full_disk_refused_is_not_ready_for_some_seconds(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "REMEMBERED_SECONDS", 1000.0)
    await orders.pool.execute(FULL)
    status, answer = await place(orders)
    assert (status, answer["type"]) == (503, "urn:boxoffice:problem:overloaded")
    assert await ready(orders) == (503, DISK_FULL)
    monkeypatch.setattr(readiness, "REMEMBERED_SECONDS", 0.0)
    assert await is_ready(orders)
    await orders.pool.execute("DROP TRIGGER full_disk ON orders.orders")
    assert (await place(orders))[0] == 201


async def says(orders: Orders, reason: str) -> bool:
    return await ready(orders) == (503, reason)
