"""A cancelled order's tickets are void, whatever order its messages come in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import permutations
from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.tickets import store
from services.tickets.copying import Copyist
from services.tickets.handlers import Issuer
from services.tickets.render_errors import RenderFailed
from services.tickets.worker import Design
from shared.bus import Delivery, Done, Never, Verdict
from shared.database import Pool, close_pool, connection, open_pool
from shared.messages import OrderCancelled, OrderPlaced, TicketsIssued, message
from shared.object_store import open_store
from tests.tickets.building import SIGNER, an_order

PLACED = an_order()
CANCELLED = OrderCancelled(
    number=PLACED.number,
    event=PLACED.event,
    buyer=PLACED.buyer,
    locale=PLACED.locale,
    tickets=tuple(ticket.id for ticket in PLACED.tickets),
    reason="buyer",
    cancelled_at=PLACED.placed_at,
)
# Of all deliveries: a file that is not there any more would be drawn again.
STORE = open_store("memory://")
DELIVERY = Delivery(message(PLACED, source="orders"), "tickets.any", 1)


class Renderer:
    """Stands in for the pool of processes: `during` happens while an order is with it."""

    def __init__(self, during: Callable[[], Any] | None = None, error: Exception | None = None) -> None:
        self._during = during
        self._error = error
        self.rendered = 0

    async def render(self, placed: OrderPlaced, codes: dict[str, str], design: Design) -> bytes:
        self.rendered += 1
        if self._during:
            await self._during()
        if self._error:
            raise self._error
        return b"%PDF"


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator["Pool[Any]"]:
    opened = await open_pool(migrated_url, "tickets")
    yield opened
    await close_pool(opened)


async def place(pool: "Pool[Any]", renderer: Renderer) -> Verdict:
    standing_in: Any = renderer
    issuer = Issuer(pool, standing_in, STORE, SIGNER, on_commit=lambda: None, design=lambda _: "stub")
    return await issuer.issue(PLACED, DELIVERY)


async def cancel(pool: "Pool[Any]") -> Verdict:
    return await Copyist(pool).copy_cancellation(CANCELLED, DELIVERY)


async def told(pool: "Pool[Any]") -> list[str]:
    return [row["key"] for row in await pool.fetch("SELECT key FROM outbox")]


async def all_void(pool: "Pool[Any]") -> bool:
    async with connection(pool) as held:
        return all([await store.is_void(held, UUID(ticket.id)) for ticket in PLACED.tickets])


@pytest.mark.parametrize("deliveries", sorted(set(permutations(["placed", "placed", "cancelled", "cancelled"]))))
async def test_tickets_end_void_whatever_comes_first_and_however_often(
    pool: "Pool[Any]", deliveries: tuple[str, ...]
) -> None:
    renderer = Renderer()
    for delivery in deliveries:
        assert await (place(pool, renderer) if delivery == "placed" else cancel(pool)) == Done()

    issued_before = deliveries[0] == "placed"
    assert await told(pool) == [TicketsIssued.key] * issued_before
    assert renderer.rendered == issued_before
    assert await all_void(pool)


async def test_an_order_cancelled_while_it_is_rendered_is_not_issued(pool: "Pool[Any]") -> None:
    assert await place(pool, Renderer(during=lambda: cancel(pool))) == Done()
    assert await told(pool) == []
    assert await all_void(pool)


async def test_a_cancelled_order_whose_render_fails_leaves_no_dead_letter(pool: "Pool[Any]") -> None:
    assert isinstance(await place(pool, Renderer(error=RenderFailed("no font"))), Never)
    await pool.execute("DELETE FROM outbox")
    during = Renderer(during=lambda: cancel(pool), error=RenderFailed("no font"))
    assert await place(pool, during) == Done()
    assert await told(pool) == []


async def test_issuing_and_cancelling_at_the_same_moment_end_void(pool: "Pool[Any]") -> None:
    await asyncio.gather(*(place(pool, Renderer()) for _ in range(4)), *(cancel(pool) for _ in range(4)))
    assert len(await told(pool)) <= 1
    assert await all_void(pool)
    assert await place(pool, Renderer()) == Done()
    assert len(await told(pool)) <= 1


async def test_tickets_of_another_order_are_not_void(pool: "Pool[Any]") -> None:
    await cancel(pool)
    async with connection(pool) as held:
        assert not await store.is_void(held, UUID(int=999))


async def test_a_cancellation_that_can_not_be_one_goes_to_the_dead_letters(pool: "Pool[Any]") -> None:
    wrong = msgspec.structs.replace(CANCELLED, tickets=("1",))
    assert isinstance(await Copyist(pool).copy_cancellation(wrong, DELIVERY), Never)
