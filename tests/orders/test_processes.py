"""Several processes on one database: right, and one may die."""

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path

import aiohttp
import asyncpg

from tests.orders.serving import alive, buy_surely, children_of, put_on_sale, serve, serving
from tests.scrubbing import clean_environment
from tests.servers.programs import free_port
from tests.servers.waiting import eventually


async def sold(url: str) -> tuple[int, int, int]:
    """Orders, tickets, and places taken by the stock's account."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "orders"})
    try:
        row = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM tickets), "
            "(SELECT sum(capacity - available) FROM ticket_types)"
        )
    finally:
        await connection.close()
    assert row is not None
    return row[0], row[1], row[2]


async def test_a_race_for_the_last_places_is_fair_to_all_though_a_process_is_killed(
    migrated_url: str, tmp_path: Path
) -> None:
    await put_on_sale(migrated_url, capacity=100)
    async with (
        serving(migrated_url, free_port(), tmp_path) as here,
        serving(migrated_url, free_port(), tmp_path) as there,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        bases = [here.base, there.base]
        race = [asyncio.create_task(buy_surely(http, bases[n % 2 :] + bases[: n % 2])) for n in range(200)]
        while not any(buyer.done() for buyer in race):
            await asyncio.wait(race, return_when=asyncio.FIRST_COMPLETED)
        here.kill()
        answers = await asyncio.gather(*race)
    assert Counter(status for status, _ in answers) == {201: 100, 409: 100}
    numbers = {answer["confirmation_number"] for status, answer in answers if status == 201}
    assert len(numbers) == 100
    assert {answer["type"].rpartition(":")[2] for status, answer in answers if status == 409} == {"sold-out"}
    assert await sold(migrated_url) == (100, 100, 100)


async def test_processes_share_a_port_and_the_one_that_dies_is_started_again(
    migrated_url: str, tmp_path: Path, free_port: int
) -> None:
    await put_on_sale(migrated_url, capacity=1000)
    async with serving(migrated_url, free_port, tmp_path, "--processes", "2") as served:
        first, second = children_of(served.process.pid)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True)) as http:
            buying = [asyncio.create_task(buy_surely(http, [served.base])) for _ in range(40)]
            os.kill(first, signal.SIGKILL)
            assert {status for status, _ in await asyncio.gather(*buying)} == {201}

        async def two_again() -> bool:
            children = children_of(served.process.pid)
            return len(children) == 2 and first not in children

        await eventually(two_again)
        family = children_of(served.process.pid)
        assert second in family
    assert served.process.returncode == 0
    assert not any(alive(child) for child in family)
    assert await sold(migrated_url) == (40, 40, 40)


async def test_processes_that_cannot_start_say_why_in_a_line(migrated_url: str, tmp_path: Path, free_port: int) -> None:
    async with serving(migrated_url, free_port, tmp_path):
        process = await asyncio.create_subprocess_exec(
            *serve(free_port, "--processes", "2"),
            stderr=asyncio.subprocess.PIPE,
            env=clean_environment() | {"DATABASE_URL": migrated_url},
        )
        _, said = await process.communicate()
    assert process.returncode == 1
    assert (
        said.decode()
        == f"boxoffice: port {free_port} is taken: stop what listens there, or choose another with --port\n"
    )
