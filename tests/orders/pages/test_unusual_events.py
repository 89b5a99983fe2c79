"""Events that are over, that sell nothing, and whose words, or ours, are longer than a phone is wide."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser

from services.orders.organising import NewEvent, NewTicketType
from services.orders.pages.offers import closed
from shared.languages import LANGUAGES
from tests.end_to_end.visiting import DESKTOP, PHONE, Visit, visiting
from tests.orders.builders import NOW, a_new_event, a_ticket_type, an_event
from tests.orders.conftest import Orders
from tests.orders.test_api import place

GENERAL = NewTicketType("general", "General", 4500, "EUR", 100)
# The width at which WCAG 2.2 (1.4.10) wants no scrolling to the side.
NARROWEST = 320
ENDLESS = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def of_yesterday(slug: str, *kinds: NewTicketType) -> NewEvent:
    now = datetime.now(UTC)
    event = replace(a_new_event(slug, *kinds), name=f"The {slug}")
    return replace(event, starts_at=now - timedelta(hours=30), ends_at=now - timedelta(hours=2))


async def read(orders: Orders, path: str) -> str:
    async with orders.client.get(path) as response:
        return await response.text()


@pytest.mark.parametrize(
    ("hours", "ends", "sold_until", "is_"),
    [
        (-1, None, None, False),
        (23, None, None, False),
        (24, None, None, True),
        (3, 4, None, False),
        (4, 4, None, True),
        (48, 72, None, False),
        (30, None, 40, False),
        (40, None, 40, True),
    ],
)
def test_a_sale_without_an_end_of_its_own_ends_with_the_event(
    hours: int, ends: int | None, sold_until: int | None, is_: bool
) -> None:
    def at(after: int | None) -> datetime | None:
        return None if after is None else NOW + timedelta(hours=after)

    kind = a_ticket_type(on_sale_until=at(sold_until))
    event = replace(an_event(kind), starts_at=NOW, ends_at=at(ends))
    assert closed(kind, event, NOW + timedelta(hours=hours)) is is_


async def test_what_is_over_is_not_listed_and_offers_nothing(orders: Orders) -> None:
    recording = replace(GENERAL, slug="recording", on_sale_until=datetime.now(UTC) + timedelta(days=9))
    await orders.on_sale(of_yesterday("gala", GENERAL))
    await orders.on_sale(of_yesterday("talk", recording))
    front = await read(orders, "/")
    assert ("Summer Night" in front, "The gala" in front) == (True, False)
    page = await read(orders, "/events/gala")
    assert ("The sale has ended" in page, 'name="email"' in page) == (True, False)
    assert 'name="email"' in await read(orders, "/events/talk"), "it has an end of its own"


async def test_a_form_that_is_sent_after_the_end_orders_nothing(orders: Orders) -> None:
    await orders.on_sale(of_yesterday("gala", GENERAL))
    kind = await orders.pool.fetchval(
        "SELECT t.id FROM ticket_types t JOIN events e ON e.id = event_id WHERE e.slug = 'gala'"
    )
    form = {f"quantity.{kind}": "1", "name": "Ada", "email": "ada@example.org", "key": "k" * 32}
    async with orders.client.post("/events/gala", data=form) as response:
        page = await response.text()
    assert (response.status, "Nothing was ordered" in page) == (409, True)
    assert await orders.pool.fetchval("SELECT count(*) FROM orders") == 0


async def test_an_event_without_ticket_types_says_so(orders: Orders) -> None:
    await orders.pool.execute("DELETE FROM ticket_types")
    assert '<p class="hint">Not on sale</p>' in await read(orders, "/events/summer-night")


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
async def test_no_word_is_too_long_for_a_page(orders: Orders, browser: Browser, width: int) -> None:
    kind = replace(GENERAL, name=ENDLESS, description=ENDLESS)
    event = replace(a_new_event("long", kind), name=ENDLESS, description=ENDLESS, venue_name=ENDLESS)
    await orders.on_sale(replace(event, venue_address=ENDLESS))
    wish: dict[str, Any] = {"ticket_type": "general", "quantity": 1, "attendees": [{"name": ENDLESS}]}
    buyer = {"name": ENDLESS, "email": f"{'a' * 60}@{'b' * 60}.example.org"}
    status, order = await place(orders, event="long", lines=[wish], buyer=buyer)
    assert status == 201
    opened = f"/orders/{order['confirmation_number']}"
    async with visiting(browser, orders.base, width) as visit:
        for path in ("/", "/events/long", f"{opened}#{order['access_token']}", f"{opened}/cancel"):
            await visit.page.goto(path)
            await visit.page.get_by_text(ENDLESS).first.wait_for()
            await fits(visit)


async def test_no_language_is_too_wide_for_the_smallest_phone(orders: Orders, browser: Browser) -> None:
    _, order = await place(orders)
    async with visiting(browser, orders.base, NARROWEST) as visit:
        await visit.page.goto(f"/orders/{order['confirmation_number']}#{order['access_token']}")
        await visit.page.locator("#number").wait_for()
        for language in LANGUAGES:
            for path in (
                "/",
                "/events/summer-night",
                "/sign-in",
                "/nowhere",
                f"/orders/{order['confirmation_number']}",
            ):
                await visit.page.goto(f"{path}?lang={language}")
                await fits(visit)


async def fits(visit: Visit) -> None:
    wide, room = await visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= room, visit.page.url
