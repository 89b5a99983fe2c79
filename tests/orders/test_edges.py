"""What an older version accepted, or a person at the database wrote, spoils nothing else."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.orders import answers
from services.orders.answers import event_summary
from services.orders.organising import NewTicketType
from services.orders.pages import browsing_pages
from services.orders.pages.offers import offer
from shared.bus import Delivery, Done, Subscription, Verdict
from shared.messages import OrderPlaced, read
from tests.orders.builders import a_new_event
from tests.orders.conftest import Orders
from tests.orders.test_api import place
from tests.orders.test_editing import key
from tests.servers.waiting import eventually

__all__ = ["key"]

Headers = dict[str, str]
EDGES = ["0001-01-01 00:00:00Z", "9999-12-31 23:59:59Z", "infinity", "-infinity", "0044-03-15 BC", "20000-01-01"]


async def put_at(orders: Orders, edge: str) -> None:
    """An event as an older version, or a person at the database, may have left it."""
    await orders.on_sale(a_new_event("edge", NewTicketType("general", "General", 4500, "EUR", 100)))
    await orders.pool.execute(f"UPDATE events SET starts_at = '{edge}' WHERE slug = 'edge'")
    await orders.pool.execute(
        f"UPDATE ticket_types SET on_sale_from = '-infinity', on_sale_until = '{edge}' "
        "WHERE event_id = (SELECT id FROM events WHERE slug = 'edge')"
    )


@pytest.mark.parametrize("edge", EDGES)
async def test_an_event_at_the_ends_of_the_calendar_spoils_no_list_and_no_page(
    orders: Orders, key: Headers, edge: str
) -> None:
    await put_at(orders, edge)
    for headers in (None, key):
        status, listed, _ = await orders.ask("GET", "/v1/events", headers)
        assert (status, {one["slug"] for one in listed["data"]}) == (200, {"edge", "summer-night"})
    for language in ("en", "de", "ar", "ja"):
        for path in ("/", "/events/edge"):
            async with orders.client.get(path, headers={"Accept-Language": language}) as response:
                assert response.status == 200
                assert "Summer Night" in await response.text()
    for report in ("orders", "sales"):
        assert (await orders.ask("GET", f"/v1/events/edge/{report}", key))[0] == 200


async def test_an_order_for_an_event_at_the_end_of_the_calendar_is_placed_and_told(orders: Orders) -> None:
    await put_at(orders, "9999-12-31 23:59:59.999999Z")
    told: list[OrderPlaced] = []

    async def hear(delivery: Delivery) -> Verdict:
        told.append(read(OrderPlaced, delivery.message.body))
        return Done()

    await orders.bus.subscribe(Subscription("tests.order-placed", (OrderPlaced.key,), concurrency=1), hear)
    status, order = await place(orders, event="edge")
    assert (status, order["event"]["starts_at"]) == (201, "9999-12-31T23:59:59.999999Z")

    async def heard() -> bool:
        return bool(told)

    await eventually(heard)
    assert told[0].event.starts_at == datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)
    await orders.pool.execute("UPDATE events SET starts_at = '-infinity' WHERE slug = 'edge'")
    assert (await place(orders, event="edge"))[0] == 201, "its type has an end of its own"


async def test_what_can_not_be_shown_is_left_out_alone_and_logged_once(
    orders: Orders, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    await orders.on_sale(a_new_event("broken"))
    identity = str(await orders.pool.fetchval("SELECT id FROM events WHERE slug = 'broken'"))

    def fussy(event: Any) -> Any:
        if event.slug == "broken":
            raise OverflowError
        return event_summary(event)

    def fussy_page(event: Any, *more: Any) -> Any:
        return offer(fussy(event) and event, *more)

    monkeypatch.setattr(answers, "event_summary", fussy)
    monkeypatch.setattr(browsing_pages, "offer", fussy_page)
    for _ in range(3):
        status, listed, _ = await orders.ask("GET", "/v1/events")
        assert (status, [one["slug"] for one in listed["data"]]) == (200, ["summer-night"])
        async with orders.client.get("/") as response:
            page = await response.text()
        assert (response.status, "/events/summer-night" in page, "/events/broken" in page) == (200, True, False)
    printed = capfd.readouterr()
    assert (printed.out + printed.err).count(identity) == 1
