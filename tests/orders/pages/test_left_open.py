"""An order's page that is left open, in a real browser: what happens elsewhere is seen there."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.end_to_end.visiting import visiting
from tests.orders.conftest import Orders
from tests.orders.test_aftersales import Json, cancel, resend, sent
from tests.orders.test_api import issued, place

HEADING, DOWNLOAD = "You’re going", "Download the tickets"


@pytest.fixture
async def order(orders: Orders) -> Json:
    _, placed = await place(orders)
    return placed


@pytest.fixture
async def page(orders: Orders, order: Json, browser: Browser) -> AsyncIterator[Page]:
    """The order's page, seen while its tickets are being made."""
    async with visiting(browser, orders.base) as visit:
        await visit.page.goto(f"/orders/{order['confirmation_number']}#{order['access_token']}")
        await expect(visit.page.get_by_role("heading", level=1)).to_have_text(HEADING)
        # Whoever brings no cookie yet is answered with 404, and the page hands the link's token in.
        visit.complaints.clear()
        yield visit.page
        assert not visit.complaints


async def fulfilled(orders: Orders, order: Json, page: Page, revision: int = 1) -> None:
    await orders.report(issued(order["confirmation_number"]))
    await orders.report(sent(order, "tickets", revision))
    await expect(page.get_by_text("Mail sent to ")).to_be_visible()


async def test_an_order_cancelled_elsewhere_is_cancelled_here_the_tabs_title_too(
    orders: Orders, order: Json, page: Page
) -> None:
    assert (await page.title()).startswith(HEADING)
    assert (await cancel(orders, order))[0] == 200
    await expect(page.get_by_role("heading", level=1)).to_have_text("Cancelled")
    await expect(page).to_have_title(f"Cancelled – {order['confirmation_number']} · Boxoffice")
    await expect(page.get_by_role("link", name="Cancel the order")).to_have_count(0)


async def test_what_has_the_focus_stays_and_the_tickets_come_when_it_is_left(
    orders: Orders, order: Json, page: Page
) -> None:
    await page.get_by_role("link", name="Cancel the order").focus()
    await fulfilled(orders, order, page)
    await expect(page.get_by_role("link", name="Cancel the order")).to_be_focused()
    await page.get_by_role("link", name="Boxoffice").focus()
    await expect(page.get_by_role("link", name=DOWNLOAD)).to_be_visible()


async def test_a_page_that_was_done_follows_again_when_it_is_looked_at(orders: Orders, order: Json, page: Page) -> None:
    await fulfilled(orders, order, page)
    assert (await resend(orders, order))[0] == 202
    await page.evaluate("dispatchEvent(new Event('visibilitychange'))")
    await expect(page.get_by_text("The mail is on its way again.")).to_be_visible()
    await fulfilled(orders, order, page, revision=2)
