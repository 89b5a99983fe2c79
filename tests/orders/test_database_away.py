"""The database stands still or is gone: buyers are told in time, and all is well by itself afterwards."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
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
            assert {(status, answer["type"].rpartition(":")[2], retry) for status, answer, retry in answers} == {
                (503, "overloaded", True)
            }
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
