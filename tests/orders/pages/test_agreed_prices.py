"""What a form showed is what its order costs, or the page shows the new price and asks again."""

import re
from html import unescape
from typing import Any

import pytest

from services.orders.pages.wording.ordering import WORDS
from shared.languages import LANGUAGES
from shared.values.orders import MAX_PLACES
from tests.orders.conftest import Orders

KEY = "k" * 32
Form = list[tuple[str, str]]


def fields(page: str) -> dict[str, str]:
    """The hidden and typed fields of a page's form, by name."""
    found = {}
    for tag in re.findall(r"<input [^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value:
            found[name[1]] = unescape(value[1])
    return found


async def kind_of(orders: Orders, slug: str = "general") -> Any:
    return str(await orders.pool.fetchval("SELECT id FROM ticket_types WHERE slug = $1", slug))


async def filled(orders: Orders, key: str = KEY, count: int = 2, **more: str) -> dict[str, str]:
    """The event's form as it came, filled in."""
    async with orders.client.get("/events/summer-night") as response:
        form = fields(await response.text())
    quantity = {f"quantity.{await kind_of(orders)}": str(count)}
    return form | quantity | {"name": "Ada", "email": "ada@example.org", "key": key} | more


async def send(orders: Orders, form: dict[str, str], language: str = "en") -> tuple[int, str]:
    headers = {"Accept-Language": language}
    async with orders.client.post("/events/summer-night", data=form, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def dearer(orders: Orders, price: int = 9900) -> None:
    """In another process: this one may still have the event as it was."""
    await orders.pool.execute("UPDATE ticket_types SET price_amount = $1 WHERE slug = 'general'", price)


async def totals(orders: Orders) -> list[int]:
    return [row["total_amount"] for row in await orders.pool.fetch("SELECT total_amount FROM orders")]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_form_from_before_a_price_was_changed_orders_nothing_and_is_asked_again(
    orders: Orders, language: str
) -> None:
    form = await filled(orders) | {f"attendee.{await kind_of(orders)}": "Charles Babbage"}
    await dearer(orders)
    status, page = await send(orders, form, language)
    assert (status, await totals(orders)) == (409, [])
    heading, sentence = WORDS[language].price_changed
    assert heading in unescape(page)
    assert sentence in unescape(page)
    again = fields(page)
    assert "198" in page
    assert (again["name"], again["email"]) == ("Ada", "ada@example.org")
    assert "Charles Babbage" in page
    assert again["key"] not in ("", KEY)
    status, _ = await send(orders, again, language)
    assert (status, await totals(orders)) == (303, [19_800])


async def test_at_the_price_that_was_shown_the_order_is_placed_and_a_second_click_is_the_same(orders: Orders) -> None:
    form = await filled(orders)
    for _ in range(2):
        assert (await send(orders, form))[0] == 303
    await dearer(orders)
    assert (await send(orders, form))[0] == 303, "the order of this key stands"
    assert await totals(orders) == [9000]


async def test_without_scripts_the_page_that_reads_it_back_tells_of_the_new_price(orders: Orders) -> None:
    form = await filled(orders, key="")
    await dearer(orders)
    async with orders.client.get("/v1/events/summer-night", headers=await orders.key()) as _:
        orders_page = (await send(orders, form))[1]
    review = fields(orders_page)
    await dearer(orders, 12_000)
    status, page = await send(orders, review)
    assert (status, await totals(orders)) == (409, [])
    assert "The price has changed" in page
    assert (await send(orders, fields(page)))[0] == 303
    assert await totals(orders) == [24_000]


async def test_a_form_of_an_older_page_has_no_prices_and_is_taken_at_todays(orders: Orders) -> None:
    form = {name: value for name, value in (await filled(orders)).items() if not name.startswith("price.")}
    nonsense = form | {f"price.{await kind_of(orders)}": "cheap", "key": "n" * 32}
    assert [(await send(orders, one))[0] for one in (form, nonsense)] == [303, 303]
    assert await totals(orders) == [9000, 9000]


async def test_an_order_of_too_many_places_is_told_how_many_there_may_be(orders: Orders) -> None:
    await orders.pool.execute("UPDATE ticket_types SET max_per_order = 200, capacity = 500, available = 500")
    form = await filled(orders, count=MAX_PLACES)
    form[f"quantity.{await kind_of(orders, 'last-two')}"] = "1"
    status, page = await send(orders, form)
    assert (status, "At most 20 kinds of ticket and 200 tickets in one order" in page) == (422, True)
    assert await totals(orders) == []
