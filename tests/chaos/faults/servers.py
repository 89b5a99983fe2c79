"""Faults of the database, its disk, the broker, and the lines to them and to orders."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

import asyncpg

from tests.bus.mortal import Mortal
from tests.chaos.faults.fault import Fault
from tests.chaos.stage import Stage
from tests.servers.line import Line


def server_faults(stage: Stage) -> list[Fault]:
    """Where the database is the broker, there are no faults of the broker alone but its emptying."""
    lines = [("database", ("database",), [stage.lines.database]), ("orders", (), list(stage.lines.shops))]
    faults = [*_of_server("database", stage.database, ("database",), stage.repair_database), *_of_disk(stage)]
    if stage.broker.server:
        faults += _of_server("broker", stage.broker.server, (), None)
        lines.append(("broker", (), [stage.lines.broker]))
    for name, touches, chosen in lines:
        faults += _of_lines(name, chosen, touches)
    for way, deed in stage.broker.emptied.items():
        faults.append(Fault(f"broker-{way}", partial(_then_wait, deed), ("emptied",)))
    return faults


def _of_server(
    name: str, server: Mortal, touches: tuple[str, ...], repair: Callable[[], Awaitable[None]] | None
) -> Iterator[Fault]:
    async def kill(seconds: float) -> None:
        await server.kill()
        await asyncio.sleep(seconds)
        await server.start()

    async def freeze(seconds: float) -> None:
        server.freeze()
        try:
            await asyncio.sleep(seconds)
        finally:
            server.thaw()
        if repair:
            await repair()

    yield Fault(f"kill-{name}", kill, touches)
    yield Fault(f"freeze-{name}", freeze, touches)


def _of_lines(name: str, lines: list[Line], touches: tuple[str, ...]) -> Iterator[Fault]:
    async def mend() -> None:
        for line in lines:
            await line.mend()

    async def cut(seconds: float) -> None:
        for line in lines:
            await line.cut()
        await asyncio.sleep(seconds)
        await mend()

    async def hold(seconds: float) -> None:
        for line in lines:
            line.hold()
        await asyncio.sleep(seconds)
        await mend()

    yield Fault(f"cut-{name}", cut, touches)
    yield Fault(f"hold-{name}", hold, touches)


def _of_disk(stage: Stage) -> Iterator[Fault]:
    async def full(seconds: float) -> None:
        await stage.disk.fill()
        try:
            await asyncio.sleep(seconds)
        finally:
            await stage.disk.free()
        await stage.repair_database()

    async def read_only(seconds: float) -> None:
        await _set_read_only(stage.database.url, "on")
        try:
            await asyncio.sleep(seconds)
        finally:
            await _set_read_only(stage.database.url, "off")

    yield Fault("disk-full", full, ("database",))
    yield Fault("read-only-database", read_only, ("database",))


async def _set_read_only(url: str, value: str) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


async def _then_wait(deed: Callable[[], Awaitable[object]], seconds: float) -> None:
    await deed()
    await asyncio.sleep(seconds)
