"""Signing in by the link from the inbox, in a real browser, and seeing what one bought."""

import re

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from tests.end_to_end.buying import an_address, an_order, place
from tests.end_to_end.conftest import Shop
from tests.end_to_end.visiting import PHONE, Visit, visiting
from tests.servers.waiting import eventually


async def link_in_mail(shop: Shop, address: str) -> str:
    """Out of the mail that came beside that with the tickets."""

    async def arrived() -> str | None:
        for mail in await shop.inbox.mails_to([address]):
            if mail["Subject"].startswith("Sign in"):
                text: str = (await shop.inbox.mail(mail["ID"]))["Text"]
                found = re.search(r"http\S+/sign-in/\S+", text)
                return found and found[0]
        return None

    link = await eventually(arrived, 60)
    assert link
    return link


async def nothing_in_the_way(visit: Visit) -> None:
    found = await Axe().run(visit.page)
    assert found.response["violations"] == [], found.generate_report()


async def test_a_buyer_signs_in_by_the_link_from_the_inbox_and_sees_the_order(
    shop_over_postgres: Shop, browser: Browser
) -> None:
    address = an_address()
    placed = await place(shop_over_postgres.http, an_order("Ada Lovelace", email=address))
    # As the links in mails have it: a cookie is of one host.
    base = shop_over_postgres.installation.orders.replace("127.0.0.1", "localhost")
    async with visiting(browser, base, PHONE) as visit, visiting(browser, base) as elsewhere:
        page = visit.page
        await page.goto("/")
        await page.get_by_role("link", name="Your orders").click()
        await nothing_in_the_way(visit)
        await visit.type_into("E-mail address", address)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
        link = await link_in_mail(shop_over_postgres, address)
        await elsewhere.page.goto(link)
        await expect(elsewhere.page.get_by_role("heading", name="not the browser that asked")).to_be_visible()
        await page.goto(link)
        await nothing_in_the_way(visit)
        await visit.tab_to(page.get_by_role("button", name="Sign in"))
        await page.keyboard.press("Enter")
        await expect(page.get_by_text(address)).to_be_visible()
        await nothing_in_the_way(visit)
        await page.get_by_role("link", name="EuroPython 2027").click()
        await expect(page.locator("#number")).to_have_text(placed.number)
        await page.get_by_role("link", name="Your orders").click()
        await page.get_by_role("button", name="Sign out", exact=True).click()
        await page.goto("/account")
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert visit.complaints == []
