"""Pools of rendering processes, gone after the test."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.tickets.workers import RenderPool
from tests.tickets.pools import MISBEHAVING, Open


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """Opens pools of one misbehaving worker, unless told otherwise, and closes them after the test."""
    pools: list[RenderPool] = []

    async def a_pool(processes: int = 1, module: str = MISBEHAVING, **more: Any) -> RenderPool:
        pool = RenderPool(processes, module=module, **more)
        pools.append(pool)
        await pool.start()
        return pool

    yield a_pool
    await asyncio.gather(*(pool.close() for pool in pools))
