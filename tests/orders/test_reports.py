"""What organisers read of their orders, over real HTTP."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import aiohttp
import pytest

from services.orders import reports_api, store
from services.orders.attendees import plain
from services.orders.sales import beginnings, days_between
from tests.orders.builders import a_request
from tests.orders.conftest import Orders

Headers = dict[str, str]
EVENT = "/v1/events/summer-night"


@pytest.fixture
async def key(orders: Orders) -> Headers:
    return await orders.key()


async def buy(orders: Orders, name: str = "Ada Lovelace", email: str = "ada@example.org", **more: Any) -> str:
    wish = a_request(buyer={"name": name, "email": email}, **more)
    status, order, _ = await orders.ask("POST", "/v1/orders", json=wish)
    assert status == 201
    return str(order["confirmation_number"])


async def numbers(orders: Orders, key: Headers, **query: str) -> list[str]:
    status, page, _ = await orders.ask("GET", f"{EVENT}/orders", key, params=query)
    assert status == 200
    return [order["confirmation_number"] for order in page["data"]]


async def cancel(orders: Orders, number: str) -> None:
    await orders.pool.execute("UPDATE orders SET status = 'cancelled' WHERE number = $1", number)


async def attendees(orders: Orders, key: Headers) -> list[dict[str, str]]:
    async with orders.client.get(f"{EVENT}/attendees.csv", headers=key) as response:
        assert response.status == 200
        return list(csv.DictReader(io.StringIO(await response.text(), newline="")))


async def test_orders_are_listed_newest_first_page_by_page(orders: Orders, key: Headers) -> None:
    placed = [await buy(orders, f"Buyer {number}") for number in range(5)]
    found, cursor = list[str](), ""
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        _, page, headers = await orders.ask("GET", f"{EVENT}/orders", key, params=query)
        assert headers["Cache-Control"] == "private, no-store"
        found += [order["confirmation_number"] for order in page["data"]]
        if not (cursor := page["next"]):
            break
    assert found == placed[::-1]
    (order,) = (await orders.ask("GET", f"{EVENT}/orders?limit=1", key))[1]["data"]
    _, whole, _ = await orders.ask("GET", f"/v1/orders/{placed[-1]}", key)
    assert order["links"]["self"] == whole["links"]["self"]
    assert {name: whole[name] for name in order if name != "links"} == {
        name: order[name] for name in order if name != "links"
    }
    assert "access_token" not in order | whole


async def test_an_order_is_found_by_number_name_and_address(orders: Orders, key: Headers) -> None:
    ada = await buy(orders, "Ada Lovelace", "ada@example.org")
    grace = await buy(orders, "Grace 100% Hopper", "grace_h@navy.example")
    await cancel(orders, grace)
    for text in ("lovelace", "ADA@", ada, ada.lower().replace("-", ""), " Ada "):
        assert await numbers(orders, key, q=text) == [ada], text
    for text in ("hopper", "e_h@navy", "100%"):
        assert await numbers(orders, key, q=text) == [grace], text
    for text in ("a%e", "_", "nobody", "\\"):
        assert await numbers(orders, key, q=text) == ([grace] if text == "_" else []), text
    assert await numbers(orders, key, status="cancelled") == [grace]
    assert await numbers(orders, key, status="confirmed", q="a") == [ada]


async def test_what_is_wrong_with_a_search_is_named(orders: Orders, key: Headers) -> None:
    query = {"limit": "0", "cursor": "x", "status": "lost", "q": "a\x00"}
    status, problem, _ = await orders.ask("GET", f"{EVENT}/orders", key, params=query)
    assert status == 422
    assert {error["pointer"] for error in problem["errors"]} == {"/limit", "/cursor", "/status", "/q"}


@pytest.mark.parametrize("page", [1, 2, 3, 4, 100])
async def test_attendees_are_a_file_of_those_who_may_come(
    orders: Orders, key: Headers, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(reports_api, "PAGE_OF_ATTENDEES", page)
    line = {"ticket_type": "general", "quantity": 3, "attendees": [{"name": "Émilie, 張"}, {"name": '"Q"'}]}
    bought = [await buy(orders, lines=[line]) for _ in range(3)]
    await cancel(orders, await buy(orders))
    async with orders.client.get(f"{EVENT}/attendees.csv", headers=key) as response:
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert response.headers["Content-Disposition"] == 'attachment; filename="summer-night-attendees.csv"'
        assert response.headers["Cache-Control"] == "private, no-store"
    rows = await attendees(orders, key)
    assert [row["confirmation_number"] for row in rows] == [number for number in bought for _ in range(3)]
    assert sorted(row["attendee"] for row in rows[:3]) == sorted(["Émilie, 張", '"Q"', "Ada Lovelace"])
    assert {row["ticket_type"] for row in rows} == {"General"}
    assert len({row["ticket"] for row in rows}) == 9


async def test_no_cell_is_a_formula(orders: Orders, key: Headers) -> None:
    await buy(orders, '=HYPERLINK("http://evil.example";"x")', lines=[{"ticket_type": "general", "quantity": 1}])
    (row,) = await attendees(orders, key)
    assert row["buyer_name"] == row["attendee"] == '\'=HYPERLINK("http://evil.example";"x")'


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@A1", "\t=1", " =1", "'=1", "＝1", "　=1"])
def test_what_a_spreadsheet_would_calculate_is_text(text: str) -> None:
    assert plain(text) == "'" + text


@pytest.mark.parametrize("text", ["Ada", "a=1", "O'Neil", "'quoted'", "", "1", "張"])
def test_what_it_would_not_calculate_stays(text: str) -> None:
    assert plain(text) == text


async def test_half_a_list_does_not_look_like_a_whole_one(
    orders: Orders, key: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports_api, "PAGE_OF_ATTENDEES", 1)
    await buy(orders)
    original = store.attendees_of

    async def breaking(held: Any, owned: Any, after: Any, limit: int) -> Any:
        if after:
            raise ConnectionResetError
        return await original(held, owned, after, limit)

    monkeypatch.setattr(store, "attendees_of", breaking)
    with pytest.raises(aiohttp.ClientPayloadError):
        async with orders.client.get(f"{EVENT}/attendees.csv", headers=key) as response:
            await response.read()


async def test_sales_are_counted_by_type_and_by_day_of_the_event(orders: Orders, key: Headers) -> None:
    late = await buy(orders, lines=[{"ticket_type": "general", "quantity": 2}])
    later = await buy(
        orders, lines=[{"ticket_type": "general", "quantity": 1}, {"ticket_type": "last-two", "quantity": 1}]
    )
    abroad = await buy(orders, lines=[{"ticket_type": "abroad", "quantity": 1}])
    gone = await buy(orders, lines=[{"ticket_type": "general", "quantity": 4}])
    await cancel(orders, gone)
    # In Berlin the first is of the last of March, the second of the first of April, the third two days later.
    for number, moment in (
        (late, datetime(2027, 3, 31, 21, 59, tzinfo=UTC)),
        (later, datetime(2027, 3, 31, 22, 0, tzinfo=UTC)),
        (abroad, datetime(2027, 4, 3, 12, 0, tzinfo=UTC)),
    ):
        await orders.pool.execute("UPDATE orders SET placed_at = $2 WHERE number = $1", number, moment)
    status, sales, _ = await orders.ask("GET", f"{EVENT}/sales", key)
    assert (status, sales["timezone"], sales["sold"]) == (200, "Europe/Berlin", 5)
    assert sales["revenue"] == [{"amount": 5000, "currency": "CHF"}, {"amount": 3 * 4500 + 9900, "currency": "EUR"}]
    by_type = {kind["slug"]: (kind["sold"], kind["revenue"]) for kind in sales["ticket_types"]}
    assert by_type == {
        "general": (3, [{"amount": 13500, "currency": "EUR"}]),
        "abroad": (1, [{"amount": 5000, "currency": "CHF"}]),
        "last-two": (1, [{"amount": 9900, "currency": "EUR"}]),
    }
    assert [(day["date"], day["sold"]) for day in sales["days"]] == [
        ("2027-03-31", 2),
        ("2027-04-01", 2),
        ("2027-04-02", 0),
        ("2027-04-03", 1),
    ]
    assert sorted(kind["sold"] for kind in sales["days"][1]["ticket_types"]) == [1, 1]


async def test_nothing_sold_is_no_error(orders: Orders, key: Headers) -> None:
    _, sales, _ = await orders.ask("GET", f"{EVENT}/sales", key)
    assert (sales["sold"], sales["revenue"], sales["days"]) == (0, [], [])
    assert [kind["sold"] for kind in sales["ticket_types"]] == [0, 0, 0]
    assert await attendees(orders, key) == []
    assert await numbers(orders, key) == []


def test_days_are_those_of_the_zones_calendar() -> None:
    first, last = datetime(2027, 3, 27, 23, 30, tzinfo=UTC), datetime(2027, 3, 29, 22, 30, tzinfo=UTC)
    days = days_between(first, last, "Europe/Berlin")
    assert days == [date(2027, 3, 28), date(2027, 3, 29), date(2027, 3, 30)]
    assert [f"{moment:%d %H:%M}" for moment in beginnings(days, "Europe/Berlin")] == [
        "27 23:00",
        "28 22:00",
        "29 22:00",
    ]


async def test_an_order_is_read_with_its_organisers_key(orders: Orders, key: Headers) -> None:
    number = await buy(orders)
    assert (await orders.ask("GET", f"/v1/orders/{number}", key))[0] == 200
    for headers, where, status in (
        (await orders.key("Hillside"), number, 404),
        (key, "00000-00000", 404),
        (key, "nonsense", 404),
        (await orders.key("Lakeside Concerts", "write"), number, 403),
        ({"Authorization": f"Bearer bo_{'x' * 43}"}, number, 401),
    ):
        assert (await orders.ask("GET", f"/v1/orders/{where}", headers))[0] == status
    assert (await orders.ask("GET", f"/v1/orders/{number}/progress", key))[0] == 404, "its links are for that"
