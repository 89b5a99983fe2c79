"""Every process follows, and none forgets while the database is away."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process

import asyncpg
from openfeature import api
from openfeature.event import EventDetails, ProviderEvent

from shared.flags import store
from shared.flags.rules import Rule, Setting
from shared.migrations import migrate
from tests.flags.conftest import Open, Set
from tests.flags.test_asking import A_FLAG, OFF, ON
from tests.servers.line import Line
from tests.servers.waiting import eventually

PROCESSES = 8
PATIENCE_SECONDS = 60.0


async def said(process: Process) -> str:
    assert process.stdout
    return (await process.stdout.readline()).decode().partition(" ")[0]


async def test_eight_processes_see_a_flag_turn(migrated_url: str, set_flag: Set) -> None:
    command = (sys.executable, "-m", "tests.flags.watcher", "a-flag")
    environment = os.environ | {"DATABASE_URL": migrated_url, "LOG_LEVEL": "error"}
    watching = [
        await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL)
        for _ in range(PROCESSES)
    ]
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await asyncio.gather(*map(said, watching)) == ["off"] * PROCESSES
            await set_flag("a-flag", ON)
            assert await asyncio.gather(*map(said, watching)) == ["on"] * PROCESSES
            await set_flag("a-flag", OFF)
            assert await asyncio.gather(*map(said, watching)) == ["off"] * PROCESSES
    finally:
        for process in watching:
            process.kill()
            await process.communicate()


async def test_without_the_database_the_last_known_state_holds_and_then_the_new_one(
    migrated_url: str, free_port: int, set_flag: Set, open_them: Open
) -> None:
    await set_flag("a-flag", ON)
    async with Line(migrated_url, free_port) as line:
        flags = await open_them(line.url)
        doubted, sure = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def stale(_: EventDetails) -> None:
            loop.call_soon_threadsafe(doubted.set)

        def ready(_: EventDetails) -> None:
            loop.call_soon_threadsafe(sure.set)

        api.add_handler(ProviderEvent.PROVIDER_STALE, stale)
        try:
            await line.cut()
            async with asyncio.timeout(PATIENCE_SECONDS):
                await doubted.wait()
            assert flags.now().on(A_FLAG)
            await set_flag("a-flag", Setting(False, (Rule(),)))
            assert flags.now().on(A_FLAG), "nobody can know yet"
            api.add_handler(ProviderEvent.PROVIDER_READY, ready)
            await line.mend()
            async with asyncio.timeout(PATIENCE_SECONDS):
                await sure.wait()
        finally:
            api.remove_handler(ProviderEvent.PROVIDER_STALE, stale)
            api.remove_handler(ProviderEvent.PROVIDER_READY, ready)

        async def is_off() -> bool:
            return not flags.now().on(A_FLAG)

        await eventually(is_off)


async def test_a_service_that_starts_without_the_database_goes_by_the_code_until_it_is_there(
    migrated_url: str, free_port: int, set_flag: Set, open_them: Open
) -> None:
    await set_flag("a-flag", ON)
    async with Line(migrated_url, free_port) as line:
        await line.cut()
        flags = await open_them(line.url)
        assert not flags.now().on(A_FLAG)
        await line.mend()

        async def is_on() -> bool:
            return flags.now().on(A_FLAG)

        await eventually(is_on)


async def test_a_database_without_our_schema_is_waited_for(database_url: str, open_them: Open) -> None:
    flags = await open_them(database_url)
    assert not flags.now().on(A_FLAG)
    await migrate(database_url)
    connection = await asyncpg.connect(database_url)
    async with connection.transaction():
        await store.save(connection, "a-flag", ON, "ada", "")
    await connection.close()

    async def is_on() -> bool:
        return flags.now().on(A_FLAG)

    await eventually(is_on)


async def test_an_earlier_version_is_followed_too(migrated_url: str, set_flag: Set, open_them: Open) -> None:
    """A restored backup has one."""
    for _ in range(3):
        await set_flag("a-flag", ON)
    flags = await open_them(migrated_url)
    connection = await asyncpg.connect(migrated_url)
    async with connection.transaction():
        await connection.execute("DELETE FROM flags.settings")
        await connection.execute("UPDATE flags.version SET number = 1")
    await connection.close()

    async def is_off() -> bool:
        return not flags.now().on(A_FLAG)

    await eventually(is_off)
