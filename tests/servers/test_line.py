"""A line carries, is cut, and carries again."""

import asyncio

import asyncpg
import pytest

from tests.servers.line import Line
from tests.servers.waiting import eventually


async def test_a_line_carries_is_cut_and_mended(database_url: str, free_port: int) -> None:
    async with Line(database_url, free_port) as line:
        connection = await asyncpg.connect(line.url)
        assert await connection.fetchval("SELECT 1") == 1
        await line.cut()
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            await connection.fetchval("SELECT 1")
        with pytest.raises(OSError, match="Connect"):
            await asyncpg.connect(line.url)
        await line.mend()
        await eventually(lambda: answers(line.url), ignoring=(OSError,))


async def test_a_held_line_lets_nothing_through_and_loses_nothing(database_url: str, free_port: int) -> None:
    async with Line(database_url, free_port) as line:
        connection = await asyncpg.connect(line.url)
        line.hold()
        asked = asyncio.create_task(connection.fetchval("SELECT 1"))
        with pytest.raises(TimeoutError):
            await asyncpg.connect(line.url, timeout=0.3)
        assert not asked.done()
        await line.mend()
        assert await asked == 1
        await connection.close()


async def answers(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval("SELECT true"))
    finally:
        await connection.close()
