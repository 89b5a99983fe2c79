"""What tests of the rendering processes ask of them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from services.tickets.workers import RenderPool
from tests.servers.waiting import eventually
from tests.tickets.building import an_order

MISBEHAVING = "tests.tickets.misbehaving"

Open = Callable[..., Awaitable[RenderPool]]


async def worker_of(pool: RenderPool) -> int:
    """The process that draws a small order now."""
    return int(await pool.render(an_order(), {}))


async def written(mark: Path) -> str:
    """What a worker writes there, once it has."""
    return await eventually(lambda: asyncio.to_thread(lambda: mark.read_text() if mark.exists() else ""))


async def gone(process: int) -> None:
    await eventually(lambda: asyncio.to_thread(lambda: not Path(f"/proc/{process}").exists()))
