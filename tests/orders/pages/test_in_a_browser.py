"""What goes otherwise than hoped while someone buys, in a real browser: sold out midway, and fields full of markup."""

import re
import secrets
from dataclasses import replace

import pytest
from playwright.async_api import Browser, Page, expect

from services.orders import store
from services.orders.organising import NewTicketType
from shared.database import transaction
from shared.flags.rules import Rule, Setting
from tests.end_to_end.visiting import PHONE, Visit, visiting
from tests.orders.builders import a_new_event
from tests.orders.conftest import Orders
from tests.orders.flagging import set_flag
from tests.orders.test_api import available, place
from tests.servers.waiting import eventually

EVENT = "/events/summer-night"
# The browser's own word on a page that came with such a status.
REFUSED = re.compile("Failed to load resource: the server responded with a status of (404|422) ")
scripts = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


async def fill_in(page: Page, kind: str, quantity: int, name: str = "Ada Lovelace") -> None:
    await page.get_by_role("spinbutton", name=f"How many: {kind}").fill(str(quantity))
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("E-mail").fill("ada@example.org")


async def another_takes(orders: Orders, quantity: int) -> None:
    status, _ = await place(orders, lines=[{"ticket_type": "last-two", "quantity": quantity}])
    assert status == 201


async def press(page: Page, button: str) -> None:
    await page.get_by_role("button", name=button).click()


@scripts
async def test_who_finds_it_sold_out_midway_is_told_what_is_left_and_keeps_what_was_typed(
    orders: Orders, browser: Browser, scripts: bool
) -> None:
    async with visiting(browser, orders.base, PHONE, java_script_enabled=scripts) as visit:
        page = visit.page
        await page.goto(EVENT)
        await fill_in(page, "Last two", 2)
        if not scripts:
            await press(page, "Continue")
        await another_takes(orders, 1)
        await press(page, "Place the order")
        await expect(page.get_by_text("1 left now: choose fewer.")).to_have_count(
            2
        )  # at the head of the form, and at its field
        await expect(page.get_by_role("spinbutton", name="How many: Last two")).to_have_value("2")
        await expect(page.get_by_label("Name", exact=True)).to_have_value("Ada Lovelace")
        await expect(page.get_by_label("E-mail")).to_have_value("ada@example.org")
        assert await available(orders, "last-two") == 1, "nothing was ordered"

        await page.get_by_role("spinbutton", name="How many: Last two").fill("1")
        if not scripts:
            await press(page, "Continue")
        await press(page, "Place the order")
        await expect(page.get_by_role("heading", level=1)).to_have_text("You’re going")
    assert await available(orders, "last-two") == 0


async def test_who_comes_too_late_for_all_of_it_can_still_choose_something_else(
    orders: Orders, browser: Browser
) -> None:
    async with visiting(browser, orders.base, PHONE) as visit:
        await visit.page.goto(EVENT)
        await fill_in(visit.page, "Last two", 1)
        await another_takes(orders, 2)
        await press(visit.page, "Place the order")
        await expect(visit.page.get_by_text("Sold out a moment ago.")).to_have_count(2)
        await expect(visit.page.get_by_label("E-mail")).to_have_value("ada@example.org")
        await visit.page.get_by_role("spinbutton", name="How many: General").fill("1")
        await press(visit.page, "Place the order")
        await expect(visit.page.get_by_role("heading", level=1)).to_have_text("You’re going")


async def test_who_goes_back_after_ordering_finds_the_form_as_it_was_with_its_total(
    orders: Orders, browser: Browser
) -> None:
    async with visiting(browser, orders.base) as visit:
        await visit.page.goto(EVENT)
        await fill_in(visit.page, "General", 2)
        await press(visit.page, "Place the order")
        await expect(visit.page.locator("#number")).to_be_visible()
        first = await visit.page.locator("#number").inner_text()
        await visit.page.go_back()
        await expect(visit.page.get_by_role("spinbutton", name="How many: General")).to_have_value("2")
        await expect(visit.page.locator(".sum output")).to_have_text("€90.00")
        await press(visit.page, "Place the order")
        await expect(visit.page.locator("#number")).not_to_have_text(first)
    assert await available(orders, "general") == 96, "seen to stand, it is another order"


async def test_a_form_that_comes_twice_without_scripts_is_one_order(orders: Orders) -> None:
    kinds = {row["slug"]: row["id"] for row in await orders.pool.fetch("SELECT id, slug FROM ticket_types")}
    form = {
        "key": secrets.token_urlsafe(24),
        "name": "Ada",
        "email": "ada@example.org",
        f"quantity.{kinds['general']}": "2",
    }
    led = []
    for _ in range(2):
        async with orders.client.post(EVENT, data=form, allow_redirects=False) as response:
            led.append((response.status, response.headers["Location"], response.cookies["boxoffice_order"].value))
    assert led[0] == led[1]
    assert led[0][0] == 303
    assert await orders.pool.fetchval("SELECT count(*) FROM orders") == 1


async def test_markup_in_every_field_a_person_can_fill_stays_text(orders: Orders, browser: Browser) -> None:
    await on_sale_with_markup(orders)
    of_event = [markup(field) for field in ("event", "venue", "organiser")]
    of_types = [markup(field) for field in ("description", "address", "type", "type-description")]
    of_buyer, attendee = [markup("buyer")], markup("attendee")
    email = "<script>window.ran=1</script>@example.org"
    async with visiting(browser, orders.base) as visit:
        page = visit.page
        await page.goto("/")
        await only_text(visit, of_event[:2])
        await page.goto("/events/markup")
        await only_text(visit, of_event + of_types)

        await fill_in(page, "<script>", 1, markup("buyer"))
        await page.get_by_label("E-mail").fill(email)
        await page.locator("summary").click()
        await page.get_by_label("Ticket 1").fill(attendee)
        await press(page, "Place the order")
        await expect(page.get_by_role("link", name="Enter an e-mail address")).to_be_visible()
        await only_text(visit, of_event + of_types)
        await expect(page.get_by_label("E-mail")).to_have_value(email)
        await expect(page.get_by_label("Name", exact=True)).to_have_value(markup("buyer"))
        await expect(page.get_by_label("Ticket 1")).to_have_value(attendee)

        await page.get_by_label("E-mail").fill("ada@example.org")
        # As without scripts, but where they would run.
        await page.locator("form[data-order]").evaluate("form => form.submit()")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Check your order")
        await only_text(visit, [markup("event"), markup("venue"), markup("type"), *of_buyer])
        await expect(page.get_by_label(f"{markup('type')} · Ticket 1")).to_have_value(attendee)

        await press(page, "Place the order")
        await expect(page.locator("#number")).to_be_visible()
        of_order = [markup("event"), markup("venue"), markup("type"), attendee]
        await only_text(visit, of_order + of_buyer)
        await page.get_by_role("link", name="Cancel the order").click()
        await only_text(visit, of_order)
        await press(page, "Yes, cancel it")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Cancelled")
        await only_text(visit, of_order + of_buyer)
        assert [complaint for complaint in visit.complaints if not REFUSED.match(complaint)] == []


async def test_an_organisers_words_on_a_pause_stay_text(orders: Orders, browser: Browser) -> None:
    await set_flag(orders, "orders-paused", Setting(True, (Rule(event="summer-night", message=markup("pause")),)))
    async with visiting(browser, orders.base) as visit:

        async def paused() -> bool:
            await visit.page.goto(EVENT)
            return "Sales are paused" in await visit.page.inner_text("main")

        await eventually(paused)
        await only_text(visit, [markup("pause")])
        assert visit.complaints == []


async def test_an_address_full_of_markup_shows_an_apology_and_runs_nothing(orders: Orders, browser: Browser) -> None:
    async with visiting(browser, orders.base) as visit:
        for path in ("/<script>window.ran=1</script>", "/events/<img src=x onerror=alert(1)>", '/orders/"><script>'):
            response = await visit.page.goto(path)
            assert response
            assert response.status == 404
            await only_text(visit, [])
        assert [complaint for complaint in visit.complaints if not REFUSED.match(complaint)] == []


def markup(field: str) -> str:
    """What would leave a mark, in a field of that name, if any of it were taken for markup."""
    return f"<script>window.ran='{field}'</script>\"'><img src=x onerror=window.ran='{field}'>{{{{7*7}}}}&amp;"


async def only_text(visit: Visit, texts: list[str]) -> None:
    """Every text is shown as it was typed, and nothing of it is an element or ran."""
    shown = " ".join((await visit.page.inner_text("main")).split())
    missing = [text for text in texts if text not in shown]
    assert not missing, shown
    assert await visit.page.locator("img, script:not([src]), [onerror]").count() == 0
    assert await visit.page.evaluate("window.ran") is None


async def on_sale_with_markup(orders: Orders) -> None:
    kind = NewTicketType("general", markup("type"), 4500, "EUR", 100, markup("type-description"))
    event = replace(
        a_new_event("markup", kind),
        name=markup("event"),
        description=markup("description"),
        venue_name=markup("venue"),
        venue_address=markup("address"),
    )
    async with transaction(orders.pool) as held:
        organiser = await store.add_organiser(held, markup("organiser"))
        await store.add_event(held, organiser, event)
