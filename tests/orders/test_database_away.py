"""The database stands still or is gone: buyers are told in time, and all is well by itself afterwards."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from boxoffice.embedded_postgres import EmbeddedPostgres
from services.orders.app import wire
from services.orders.batching import Limits
from services.orders.settings import OrdersSettings
from shared.migrations import migrate
from tests.orders.builders import a_request
from tests.orders.serving import parent_of, put_on_sale
from tests.servers.line import Line
from tests.servers.programs import free_port as a_free_port
from tests.servers.programs import temporary_folder
from tests.servers.waiting import eventually

# The shape of the real ones (3 and 5 s), ten times as quick.
LIMITS = Limits(waiting=20, wait=0.3, answer=0.5)

# How the connections of the service's own pool introduce themselves to Postgres.
ORDERS_POOL = b"boxoffice-orders\0"
# What tells the connection that places orders from those of other tasks.
PLACES_ORDERS = b"INSERT INTO orders "


@asynccontextmanager
async def orders_at(
    url: str, port: int, monkeypatch: pytest.MonkeyPatch, data: Path
) -> AsyncIterator[aiohttp.ClientSession]:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATA_DIR", str(data))
    async with AsyncExitStack() as parts:
        await wire(OrdersSettings(), parts, port=port, limits=LIMITS)
        connector = aiohttp.TCPConnector(limit=0)
        yield await parts.enter_async_context(aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=connector))


async def buy(client: aiohttp.ClientSession, key: str | None = None) -> tuple[int, dict[str, Any], bool]:
    headers = {"Idempotency-Key": key} if key else {}
    async with client.post("/v1/orders", json=a_request(), headers=headers) as response:
        return response.status, json.loads(await response.read()), "Retry-After" in response.headers


def slug_of(answer: dict[str, Any]) -> str:
    return str(answer["type"]).rpartition(":")[2]


async def ready(client: aiohttp.ClientSession) -> bool:
    async with client.get("/readyz") as response:
        return response.status == 200


async def sells(client: aiohttp.ClientSession) -> bool:
    status, _, _ = await buy(client)
    return status == 201


async def counts(url: str) -> tuple[int, int]:
    """Orders, and places taken by the stock's account."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "orders"})
    try:
        row = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM orders), (SELECT sum(capacity - available) FROM ticket_types)"
        )
    finally:
        await connection.close()
    assert row is not None
    return row[0], row[1]


@pytest.fixture
async def own_postgres(tmp_path: Path) -> AsyncIterator[str]:
    async with AsyncExitStack() as parts:
        server = EmbeddedPostgres(temporary_folder(parts) / "server")
        url = await parts.enter_async_context(server)
        await migrate(url)
        await put_on_sale(url, capacity=1000)
        yield url


async def server_processes(url: str) -> list[int]:
    """The postmaster and everything it runs (Linux)."""
    connection = await asyncpg.connect(url)
    try:
        mine = await connection.fetchval("SELECT pg_backend_pid()")
        postmaster = parent_of(mine)
        rows = await connection.fetch("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    finally:
        await connection.close()
    return [postmaster, *(row["pid"] for row in rows)]


@asynccontextmanager
async def standing_still(url: str) -> AsyncIterator[None]:
    """The server takes connections and answers nothing, as behind a dead link."""
    stopped = await server_processes(url)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(stopped):
            os.kill(pid, signal.SIGCONT)


async def test_a_database_that_stands_still_turns_buyers_away_until_it_moves_again(
    own_postgres: str, free_port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with orders_at(own_postgres, free_port, monkeypatch, tmp_path) as client:
        assert await sells(client)
        async with standing_still(own_postgres):
            answers = await asyncio.gather(*(buy(client, f"a key for buyer {n:04}") for n in range(50)))
            assert {(status, retry) for status, _, retry in answers} == {(503, True)}
            # Those in hand may yet be placed; those that waited behind them were not.
            assert {slug_of(answer) for _, answer, _ in answers} == {"outcome-unknown", "overloaded"}
            assert not await ready(client)
        await eventually(lambda: ready(client))
        await eventually(lambda: sells(client))
        # What became of the orders whose outcome was unknown: the key tells, and makes no second one.
        for n in range(50):
            status, _, _ = await buy(client, f"a key for buyer {n:04}")
            assert status == 201
    orders, places = await counts(own_postgres)
    assert places == 2 * orders
    assert orders >= 52


async def keep_buying(client: aiohttp.ClientSession, buyer: int) -> AsyncIterator[tuple[str, int, dict[str, Any]]]:
    """Each with a key of its own, until one is not placed."""
    for n in count():
        key = f"the key of buyer {buyer:03} for order {n:04}"
        status, answer, _ = await buy(client, key)
        yield key, status, answer
        if status != 201:
            return


async def orders_by_key(url: str) -> dict[bytes, Any]:
    """The order that stands under each key that was answered, by the key's digest."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "orders"})
    try:
        return {
            row["key"]: row["order_id"] for row in await connection.fetch("SELECT key, order_id FROM idempotency_keys")
        }
    finally:
        await connection.close()


async def test_no_order_that_stands_was_refused_and_its_key_tells_of_every_unknown_one(
    own_postgres: str, free_port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    last: dict[str, tuple[int, str]] = {}

    async def buyer(client: aiohttp.ClientSession, number: int) -> None:
        async for key, status, answer in keep_buying(client, number):
            last[key] = status, slug_of(answer) if status != 201 else "placed"

    async with orders_at(own_postgres, free_port, monkeypatch, tmp_path) as client:
        buying = [asyncio.create_task(buyer(client, n)) for n in range(20)]
        await eventually(lambda: placed(last))
        async with standing_still(own_postgres):
            await asyncio.gather(*buying)
        await eventually(lambda: ready(client))
        unknown = [key for key, (_, slug) in last.items() if slug == "outcome-unknown"]
        refused = [key for key, (_, slug) in last.items() if slug == "overloaded"]
        assert len(unknown) + len(refused) == len(buying)
        assert unknown
        for key in unknown:
            assert await eventually(partial(number_under, client, key))
        standing = await orders_by_key(own_postgres)
    assert [key for key in refused if sha256(key.encode()).digest() in standing] == []
    assert [
        key for key, (status, _) in last.items() if status == 201 and not standing[sha256(key.encode()).digest()]
    ] == []
    orders, places = await counts(own_postgres)
    assert (orders, places) == (len(standing), 2 * orders)


async def placed(last: dict[str, tuple[int, str]]) -> bool:
    return len(last) > 40


async def number_under(client: aiohttp.ClientSession, key: str) -> str | None:
    status, answer, _ = await buy(client, key)
    return answer["confirmation_number"] if status == 201 else None


async def test_an_order_whose_commit_was_not_confirmed_is_unknown_until_its_key_tells(
    migrated_url: str, free_port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The line is cut at the moment of COMMIT, after Postgres took it."""
    await put_on_sale(migrated_url, capacity=1000)
    async with (
        Line(migrated_url, a_free_port()) as line,
        orders_at(line.url, free_port, monkeypatch, tmp_path) as client,
    ):
        assert await sells(client)
        line.cut_after(b"COMMIT", ORDERS_POOL, PLACES_ORDERS)
        status, answer, retry = await buy(client, "a key that will tell")
        assert (status, slug_of(answer), retry) == (503, "outcome-unknown", True)
        assert "same Idempotency-Key" in answer["detail"]
        status, answer, _ = await buy(client)
        assert (status, slug_of(answer)) == (503, "overloaded")
        await line.mend()
        assert await eventually(lambda: number_under(client, "a key that will tell"))
    assert await counts(migrated_url) == (2, 4)


async def test_a_cancellation_that_may_have_been_made_is_unknown_and_may_be_repeated(
    migrated_url: str, free_port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await put_on_sale(migrated_url, capacity=1000)
    async with (
        Line(migrated_url, a_free_port()) as line,
        orders_at(line.url, free_port, monkeypatch, tmp_path) as client,
    ):
        _, order, _ = await buy(client)
        assert (await cancel(client, order))[0] == 200
        _, order, _ = await buy(client)
        line.cut_after(b"COMMIT", ORDERS_POOL, PLACES_ORDERS)
        status, answer = await cancel(client, order)
        assert (status, slug_of(answer)) == (503, "outcome-unknown")
        status, answer = await cancel(client, order)
        assert (status, slug_of(answer)) == (503, "overloaded")
        await line.mend()
        await eventually(lambda: is_cancelled(client, order))
    assert await counts(migrated_url) == (2, 0)


async def cancel(client: aiohttp.ClientSession, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    bearer = {"Authorization": f"Bearer {order['access_token']}"}
    async with client.post(f"/v1/orders/{order['confirmation_number']}/cancel", headers=bearer) as response:
        return response.status, json.loads(await response.read())


async def is_cancelled(client: aiohttp.ClientSession, order: dict[str, Any]) -> bool:
    status, answer = await cancel(client, order)
    return status == 200 and answer["status"] == "cancelled"


async def test_while_the_database_stands_still_people_read_an_apology_that_asks_them_to_come_back(
    own_postgres: str, free_port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with orders_at(own_postgres, free_port, monkeypatch, tmp_path) as client, standing_still(own_postgres):
        browser = {"Accept": "text/html", "Cookie": f"boxoffice_order={'x' * 43}"}
        for method, under in (("GET", ""), ("GET", "/cancel"), ("POST", "/cancel"), ("POST", "/resend")):
            form = {"token": "x"} if method == "POST" else None
            async with client.request(method, f"/orders/7K2MX-Q4P9D{under}", headers=browser, data=form) as response:
                page = await response.text()
            assert (response.status, response.content_type) == (503, "text/html"), page
            assert "Retry-After" in response.headers
            assert response.headers["Cache-Control"] == "private, no-store"
            assert "<h1>A moment, please</h1>" in page


async def test_a_database_that_is_gone_is_found_again(
    migrated_url: str, free_port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await put_on_sale(migrated_url, capacity=1000)
    async with (
        Line(migrated_url, a_free_port()) as line,
        orders_at(line.url, free_port, monkeypatch, tmp_path) as client,
    ):
        assert await sells(client)
        await line.cut()
        assert [status for status, _, _ in await asyncio.gather(*(buy(client) for _ in range(5)))] == [503] * 5
        assert not await ready(client)
        await line.mend()
        await eventually(lambda: ready(client))
        await eventually(lambda: sells(client))
    orders, places = await counts(migrated_url)
    assert places == 2 * orders
