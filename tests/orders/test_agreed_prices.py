"""Nobody pays another price than the one they agreed to, and nothing of an event that is over is sold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.orders.builders import a_new_event, a_request
from tests.orders.conftest import Orders
from tests.orders.test_api import KEY, place

AGREED = {"amount": 9000, "currency": "EUR"}


async def changed(orders: Orders, price: int) -> None:
    """By the organiser, in another process."""
    await orders.pool.execute("UPDATE ticket_types SET price_amount = $1 WHERE slug = 'general'", price)


async def orders_placed(orders: Orders) -> Any:
    return await orders.pool.fetchval("SELECT count(*) FROM orders")


async def test_at_the_price_that_was_agreed_to_the_order_is_placed(orders: Orders) -> None:
    status, order = await place(orders, expected_total=AGREED)
    assert (status, order["total"]) == (201, AGREED)


async def test_a_price_that_was_changed_meanwhile_orders_nothing_and_is_told(orders: Orders) -> None:
    await orders.ask("GET", "/v1/events/summer-night")
    await changed(orders, 9900)
    status, problem = await place(orders, expected_total=AGREED)
    assert (status, problem["type"].rpartition(":")[2]) == (409, "price-changed")
    assert problem["total"] == {"amount": 19_800, "currency": "EUR"}
    assert await orders_placed(orders) == 0
    status, order = await place(orders, expected_total=problem["total"])
    assert (status, order["total"]) == (201, problem["total"])


async def test_without_an_agreed_price_the_price_of_the_moment_holds(orders: Orders) -> None:
    await changed(orders, 9900)
    status, order = await place(orders)
    assert (status, order["total"]["amount"]) == (201, 19_800)


async def test_the_agreed_price_is_a_part_of_what_a_key_stands_for(orders: Orders) -> None:
    await changed(orders, 9900)
    first, again = [await place(orders, KEY, expected_total=AGREED) for _ in range(2)]
    assert first == again
    status, problem = await place(orders, KEY, expected_total={"amount": 19_800, "currency": "EUR"})
    assert (status, problem["type"].rpartition(":")[2]) == (422, "idempotency-mismatch")


async def test_what_was_ordered_at_the_old_price_stands_when_it_is_asked_for_again(orders: Orders) -> None:
    _, order = await place(orders, KEY, expected_total=AGREED)
    await changed(orders, 9900)
    status, again = await place(orders, KEY, expected_total=AGREED)
    assert (status, again) == (201, order)


async def test_an_agreed_price_that_is_none_is_named(orders: Orders) -> None:
    for wrong in (9000, {"amount": -1, "currency": "EUR"}, {"amount": 1}, {"amount": 1, "currency": "eur"}):
        status, problem = await place(orders, expected_total=wrong)
        assert status == 422
        assert all(error["pointer"].startswith("/expected_total") for error in problem["errors"])


async def test_an_event_that_is_over_is_not_sold(orders: Orders) -> None:
    now = datetime.now(UTC)
    gone = replace(a_new_event("gone"), starts_at=now - timedelta(hours=30), ends_at=now - timedelta(hours=2))
    nameless_end = replace(a_new_event("no-end"), starts_at=now - timedelta(hours=25))
    under_way = replace(a_new_event("under-way"), starts_at=now - timedelta(hours=3))
    for event in (gone, nameless_end, under_way):
        await orders.on_sale(event)
    for slug in ("gone", "no-end"):
        status, problem = await place(orders, event=slug)
        assert (status, problem["type"].rpartition(":")[2]) == (409, "not-on-sale")
    assert (await place(orders, event="under-way"))[0] == 201


async def test_an_event_that_ended_since_it_was_read_is_not_sold(orders: Orders) -> None:
    await orders.ask("GET", "/v1/events/summer-night")
    await orders.pool.execute("UPDATE events SET starts_at = now() - interval '3 days', ends_at = now()")
    status, problem, _ = await orders.ask("POST", "/v1/orders", json=a_request())
    assert (status, problem["type"].rpartition(":")[2]) == (409, "not-on-sale")
    assert await orders_placed(orders) == 0
