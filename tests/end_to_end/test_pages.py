"""Buying in a real browser: by keyboard alone, with scripts and without, in light and dark."""

import asyncio
import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.end_to_end.buying import an_address, an_order, place
from tests.end_to_end.conftest import Shop
from tests.end_to_end.visiting import DESKTOP, PHONE, Visit, visiting
from tests.servers.waiting import eventually

SENT = re.compile("Mail sent to ")
NUMBER = re.compile(r"[0-9A-Z]{5}-[0-9A-Z]{5}")
# The tickets are drawn and mailed meanwhile, on a machine that may have other things to do.
SOON = 30_000
EVENT = "/events/europython-2027"

widths = pytest.mark.parametrize("width", [PHONE, DESKTOP])


async def fill_in(visit: Visit, email: str) -> None:
    """Two tickets, from the list of events on, by keyboard alone."""
    page = visit.page
    await page.goto("/")
    await visit.tab_to(page.get_by_role("link", name="EuroPython 2027"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="EuroPython 2027")).to_be_visible()
    await visit.tab_to(page.get_by_role("spinbutton", name="How many: General"))
    await page.keyboard.press("Control+A")
    await page.keyboard.type("2")
    await visit.type_into("Name", "Ada Lovelace")
    await visit.type_into("E-mail", email)


async def press(visit: Visit, button: str) -> None:
    await visit.tab_to(visit.page.get_by_role("button", name=button))
    await visit.page.keyboard.press("Enter")


async def sent_once(shop: Shop, page: Page, email: str) -> None:
    """The page says so, with the number that is in the one mail."""
    await expect(page.get_by_text(SENT)).to_be_visible(timeout=SOON)
    number = await page.locator("#number").inner_text()
    assert NUMBER.fullmatch(number)
    mail = await shop.inbox.the_mail_to(email)
    assert number in mail["Text"]
    await expect(page.get_by_role("link", name="Download the tickets")).to_be_visible()


@widths
async def test_two_tickets_are_bought_by_keyboard_and_sent_without_a_reload(
    shop_over_postgres: Shop, browser: Browser, width: int
) -> None:
    email = an_address()
    async with visiting(browser, shop_over_postgres.installation.orders, width) as visit:
        await fill_in(visit, email)
        await press(visit, "Place the order")
        await expect(visit.page.locator("#number")).to_have_text(NUMBER)
        await visit.page.evaluate("window.reloaded = false")
        await sent_once(shop_over_postgres, visit.page, email)
        assert await visit.page.evaluate("window.reloaded") is False
        assert visit.complaints == []


@widths
async def test_two_tickets_are_bought_by_keyboard_without_scripts(
    shop_over_postgres: Shop, browser: Browser, width: int
) -> None:
    email = an_address()
    async with visiting(browser, shop_over_postgres.installation.orders, width, java_script_enabled=False) as visit:
        await fill_in(visit, email)
        await press(visit, "Continue")
        await expect(visit.page.get_by_role("heading", name="Check your order")).to_be_visible()
        await press(visit, "Place the order")
        await expect(visit.page.locator("#number")).to_have_text(NUMBER)
        await sent_once(shop_over_postgres, visit.page, email)


async def test_the_link_of_an_order_opens_its_page_and_leaves_no_token_in_the_address(
    shop_over_postgres: Shop, browser: Browser
) -> None:
    placed = await place(shop_over_postgres.http, an_order("Ada Lovelace"))
    base = shop_over_postgres.installation.orders
    async with visiting(browser, base) as visit:
        asked: list[str] = []
        visit.page.on("request", lambda request: asked.append(request.url))
        await visit.page.goto(f"/orders/{placed.number}#{placed.token}")
        await expect(visit.page.locator("#number")).to_have_text(placed.number)
        assert placed.token not in visit.page.url
        assert not [url for url in asked if placed.token in url.partition("#")[0]]
    async with visiting(browser, base) as stranger:
        for number in (placed.number, "7K2MX-Q4P9D"):
            response = await stranger.page.goto(f"/orders/{number}")
            assert response
            assert response.status == 404
            await expect(stranger.page.get_by_role("heading", level=1)).to_have_text("Only for whoever ordered")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@widths
async def test_nothing_stands_in_the_way_of_anyone(
    shop_over_postgres: Shop, browser: Browser, scheme: str, width: int
) -> None:
    placed = await place(shop_over_postgres.http, an_order("Ada Lovelace", "Charles Babbage"))
    async with visiting(browser, shop_over_postgres.installation.orders, width, color_scheme=scheme) as visit:
        page = visit.page
        found = {}
        for path in ("/", EVENT, f"{EVENT}?lang=ar", f"/orders/{placed.number}", "/no-such-page"):
            await page.goto(path)
            found[path] = await barriers(page)
        await page.goto(EVENT)
        await page.get_by_role("button", name="Place the order").click()
        await expect(page.get_by_role("link", name="Enter your name")).to_be_visible()
        found["faults"] = await barriers(page)
        await page.goto(EVENT)
        await page.get_by_role("spinbutton", name="How many: General").fill("2")
        await page.get_by_label("Name", exact=True).fill("Ada Lovelace")
        await page.get_by_label("E-mail").fill("ada@example.org")
        # As without scripts, where the order is read back first.
        await page.locator("form[data-order]").evaluate("form => form.submit()")
        await expect(page.get_by_role("heading", name="Check your order")).to_be_visible()
        found["review"] = await barriers(page)
        await page.goto(f"/orders/{placed.number}#{placed.token}")
        await expect(page.get_by_text(SENT)).to_be_visible(timeout=SOON)
        found["an order"] = await barriers(page)
        await page.get_by_role("link", name="Cancel the order").click()
        await expect(page.get_by_role("heading", name="Cancel this order?")).to_be_visible()
        found["a second look"] = await barriers(page)
        await page.get_by_role("button", name="Yes, cancel it").click()
        await expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
        found["cancelled"] = await barriers(page)
    assert {where: what for where, what in found.items() if what} == {}


async def barriers(page: Page) -> list[str]:
    """What axe finds, once nothing moves any more."""
    results = await Axe().run(page)
    return [
        f"{violation['id']}: {violation['help']} {[node['target'] for node in violation['nodes']]}"
        for violation in results.response["violations"]
    ]


async def test_two_clicks_are_one_order(shop_over_postgres: Shop, browser: Browser) -> None:
    email = an_address()
    async with visiting(browser, shop_over_postgres.installation.orders) as visit:
        await visit.page.goto(EVENT)
        await visit.page.get_by_role("spinbutton", name="How many: General").fill("1")
        await visit.page.get_by_label("Name", exact=True).fill("Ada Lovelace")
        await visit.page.get_by_label("E-mail").fill(email)
        await visit.page.get_by_role("button", name="Place the order").dblclick()
        await sent_once(shop_over_postgres, visit.page, email)
        number = await visit.page.locator("#number").inner_text()
        await visit.page.go_back()
        await expect(visit.page.locator("#number")).to_have_count(0)
        await visit.page.goto(f"/orders/{number}")
        await expect(visit.page.locator("#number")).to_have_text(number)
    # Whatever a second order would have sent had the time the first one's mail took, and this one's.
    other = await place(shop_over_postgres.http, an_order("Charles Babbage"))
    await shop_over_postgres.inbox.the_mail_to(other.email)
    assert len(await shop_over_postgres.inbox.mails_to([email])) == 1


async def test_a_cut_stream_is_made_up_for_by_asking(shop_over_postgres: Shop, browser: Browser) -> None:
    email = an_address()
    async with visiting(browser, shop_over_postgres.installation.orders) as visit:
        await visit.page.route("**/progress*", lambda route: asyncio.ensure_future(route.abort()))
        await fill_in(visit, email)
        await press(visit, "Place the order")
        await sent_once(shop_over_postgres, visit.page, email)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_tickets_are_sent_again_and_the_order_is_called_off_by_keyboard(
    shop_over_postgres: Shop, browser: Browser, scripts: bool
) -> None:
    base = shop_over_postgres.installation.orders
    placed = await place(shop_over_postgres.http, an_order("Ada Lovelace"))
    async with visiting(browser, base, PHONE, java_script_enabled=scripts) as visit:
        page, path = visit.page, f"/orders/{placed.number}"
        await page.context.add_cookies(
            [{"name": "boxoffice_order", "value": placed.token, "domain": "127.0.0.1", "path": path}]
        )
        await page.goto(path)
        await expect(page.get_by_role("button", name="Send the mail again")).to_be_visible(timeout=SOON)
        await press(visit, "Send the mail again")
        await mails_are(shop_over_postgres, placed.email, 2)
        await expect(page.get_by_text(SENT)).to_be_visible(timeout=SOON)

        await visit.tab_to(page.get_by_role("link", name="Cancel the order"))
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Cancel this order?")
        found = await barriers(page) if scripts else []
        await press(visit, "Yes, cancel it")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Cancelled")
        await expect(page.get_by_text("Cancellation confirmed by mail")).to_be_visible(timeout=SOON)
        found += await barriers(page) if scripts else []
        assert (found, visit.complaints) == ([], [])
    await mails_are(shop_over_postgres, placed.email, 3)


async def mails_are(shop: Shop, email: str, count: int) -> None:
    async def arrived() -> bool:
        return len(await shop.inbox.mails_to([email])) == count

    await eventually(arrived, 60)
