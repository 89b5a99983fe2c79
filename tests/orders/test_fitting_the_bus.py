"""What is written to the outbox is known to fit the bus."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace as with_

from services.orders.batching import Placer
from services.orders.placing import Accepted, Line, PlaceOrder
from services.orders.reporting import order_placed
from shared.bus import Message, Unsendable
from shared.bus.protocol import MAX_MESSAGE_BYTES
from shared.database import Pool
from shared.identifiers import uuid7, uuid7s
from shared.values.orders import MAX_LINES, MAX_PLACES
from shared.values.texts import MAX_NAME
from tests.orders.builders import a_request, a_ticket_type, an_event, an_order
from tests.orders.conftest import Orders
from tests.orders.test_api import available
from tests.orders.test_batching import event, placing
from tests.orders.test_editing import create, key

__all__ = ["event", "key"]

Headers = dict[str, str]
# The largest character that text may have, in UTF-8 and in JSON.
WIDE = "🎟"


def the_largest_order() -> tuple[PlaceOrder, Accepted]:
    """As many places and lines as an order may have, every text as long as it may be, in the widest characters."""
    kinds = [replace(a_ticket_type(f"type-{n}", price=10**12), name=WIDE * MAX_NAME) for n in range(MAX_LINES)]
    at = replace(
        an_event(*kinds),
        name=WIDE * MAX_NAME,
        venue_name=WIDE * MAX_NAME,
        organiser=WIDE * MAX_NAME,
        venue_address=WIDE * 300,
        description=WIDE * 5000,
        slug="x" * 100,
    )
    each = MAX_PLACES // MAX_LINES
    lines = tuple(Line(kind.id, (WIDE * MAX_NAME,) * each) for kind in kinds)
    order = with_(an_order(at), lines=lines, buyer_name=WIDE * MAX_NAME, buyer_email="a" * 254, locale="x" * 35)
    return order, Accepted(order, tuple(kinds))


def the_largest_message() -> Message:
    order, accepted = the_largest_order()
    assert order.places == MAX_PLACES
    return order_placed(accepted, uuid7(), uuid7s(order.places), datetime.now(UTC))


def test_the_largest_order_fits_into_a_message() -> None:
    assert len(the_largest_message().body) < MAX_MESSAGE_BYTES / 2


async def test_an_order_whose_message_would_not_fit_is_refused_alone(pool: "Pool[Any]", event: Any) -> None:
    """No order that the door lets in is one: here its event is far larger than an event may be."""
    huge = replace(event, description="x" * MAX_MESSAGE_BYTES)
    async with placing(pool) as placer:
        fits, refused = await _both(placer, an_order(event), an_order(huge))
    assert fits.status == 201
    assert isinstance(refused, Unsendable)
    assert await pool.fetchval("SELECT count(*) FROM orders") == 1
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1


async def _both(placer: Placer, *wanted: PlaceOrder) -> Any:
    return await asyncio.gather(*(placer.place(order) for order in wanted), return_exceptions=True)


async def test_an_order_too_large_for_the_bus_is_told_so_and_takes_no_place(orders: Orders) -> None:
    await orders.pool.execute("UPDATE events SET description = repeat('x', 1100000)")
    status, problem, _ = await orders.ask("POST", "/v1/orders", json=a_request())
    assert (status, problem["errors"][0]["pointer"]) == (422, "/lines")
    assert await available(orders, "general") == 100


async def test_an_event_too_large_for_the_bus_is_not_published(orders: Orders, key: Headers) -> None:
    made = await create(orders, key)
    await orders.pool.execute("UPDATE events SET description = repeat('x', 1100000) WHERE slug = $1", made["slug"])
    status, problem, _ = await orders.ask("POST", f"/v1/events/{made['id']}/publish", key)
    assert (status, problem["type"].rpartition(":")[2]) == (422, "invalid")
    assert await orders.pool.fetchval("SELECT published_at FROM events WHERE slug = $1", made["slug"]) is None
