"""Large orders on the bus: small ones that were placed after them pass, and nothing is given up for its size."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.tickets.deadlines import RenderDeadlines
from services.tickets.handlers import Issuer
from services.tickets.measuring import RenderMeasures
from services.tickets.workers import RenderPool
from shared.bus import Bus, connect
from shared.database import Pool, close_pool, open_pool
from shared.messages import OrderPlaced, message
from shared.object_store import open_store
from tests.servers.waiting import eventually
from tests.tickets.building import SIGNER, an_order
from tests.tickets.pools import Open


@pytest.fixture(params=["postgres", "amqp", "redis"])
async def bus(
    request: pytest.FixtureRequest, migrated_url: str, amqp_url: str, redis_url: str, redis_prefix: str
) -> AsyncIterator[Bus]:
    prefixed = f"{redis_url}{'&' if '?' in redis_url else '?'}prefix={redis_prefix}"
    urls = {"postgres": migrated_url, "amqp": amqp_url, "redis": prefixed}
    opened = await connect(urls[request.param], source="test")
    yield opened
    await opened.close(timedelta(0))


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator["Pool[Any]"]:
    opened = await open_pool(migrated_url, "tickets")
    yield opened
    await close_pool(opened)


async def serve(bus: Bus, pool: "Pool[Any]", renderer: RenderPool) -> None:
    objects = open_store("memory://")
    issuer = Issuer(pool, renderer, objects, SIGNER, on_commit=lambda: None, design=lambda _: "stub")
    await issuer.subscribe(bus, concurrency=renderer.orders_at_once)


async def place(bus: Bus, *orders: OrderPlaced) -> None:
    assert await bus.publish([message(order, source="test") for order in orders]) == [None] * len(orders)


async def issued(pool: "Pool[Any]", count: int) -> list[str]:
    """The numbers of all orders issued, once there are `count`."""

    async def look() -> list[str]:
        numbers = [row["number"] for row in await pool.fetch("SELECT number FROM documents ORDER BY issued_at")]
        return numbers if len(numbers) >= count else []

    return await eventually(look, within=60)


def large_orders(count: int, mark: Path) -> list[OrderPlaced]:
    """Of 200 tickets each, and each drawn for as long as there is no file at `mark`."""
    guests = [f"Guest {n}" for n in range(200)]
    return [an_order(*guests, number=f"wait {mark} {n}") for n in range(count)]


@pytest.mark.parametrize("large", [4, 20])
async def test_fifty_small_orders_pass_large_ones_placed_before_them(
    bus: Bus, pool: "Pool[Any]", opened: Open, tmp_path: Path, large: int
) -> None:
    await serve(bus, pool, await opened(2))
    await place(bus, *large_orders(large, tmp_path / "mark"))
    small = [an_order(number=f"small {n}") for n in range(50)]
    await place(bus, *small)
    assert sorted(await issued(pool, 50)) == sorted(order.number for order in small)
    (tmp_path / "mark").touch()
    assert len(await issued(pool, 50 + large)) == 50 + large


async def test_an_order_that_was_too_slow_is_issued_later(
    bus: Bus, pool: "Pool[Any]", opened: Open, tmp_path: Path
) -> None:
    registry = CollectorRegistry()
    deadlines = RenderDeadlines(base=timedelta(seconds=0.3), per_ticket=timedelta())
    await serve(bus, pool, await opened(deadlines=deadlines, measures=RenderMeasures(registry)))
    (order,) = large_orders(1, tmp_path / "mark")
    await place(bus, order)

    async def was_slow_twice() -> bool:
        return (registry.get_sample_value("boxoffice_render_workers_replaced_total", {"reason": "slow"}) or 0) >= 2

    await eventually(was_slow_twice)
    (tmp_path / "mark").touch()
    assert await issued(pool, 1) == [order.number]
    assert await pool.fetch("SELECT * FROM failures") == []
