"""Signing out, here and everywhere, and forms that other sites send."""

import pytest

from tests.orders.accounts.conftest import Mails
from tests.orders.accounts.test_account import buy
from tests.orders.accounts.test_signing_in import ADA, NewBrowser, a_link, ask, signed_in
from tests.orders.accounts.visitor import SESSION, Visitor, path_of
from tests.orders.conftest import Orders

FOREIGN = ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": ""})


async def leave(browser: Visitor, **more: str) -> int:
    seal = (await browser.get("/account")).seal
    return (await browser.send("/sign-out", {"seal": seal} | more)).status


async def test_signing_out_ends_this_session_and_no_other(a_browser: NewBrowser, mails: Mails) -> None:
    phone, desk = await signed_in(a_browser(), mails), await signed_in(a_browser(), mails)
    kept = Visitor(phone.client, dict(phone.cookies))
    assert await leave(phone) == 303
    assert SESSION not in phone.cookies
    assert await kept.address() is None, "the cookie alone is nothing"
    assert await desk.address() == ADA


async def test_signing_out_everywhere_ends_all_and_the_links_under_way(a_browser: NewBrowser, mails: Mails) -> None:
    phone, desk = await signed_in(a_browser(), mails), await signed_in(a_browser(), mails)
    thief = a_browser()
    link = await a_link(thief, mails)
    seal = (await thief.get(path_of(link))).seal
    eve = await signed_in(a_browser(), mails, "eve@example.org")
    assert await leave(phone, everywhere="yes") == 303
    assert (await thief.send(path_of(link), {"seal": seal})).status == 410
    assert [await browser.address() for browser in (phone, desk, thief)] == [None] * 3
    assert await eve.address() == "eve@example.org"


async def test_signing_out_closes_the_pages_of_the_orders(orders: Orders, a_browser: NewBrowser, mails: Mails) -> None:
    number = await buy(orders, ADA)
    phone, desk = await signed_in(a_browser(), mails), await signed_in(a_browser(), mails)
    pages = (f"/orders/{number}", f"/orders/{number}/cancel")
    for path in pages:
        await desk.get(f"/account{path}")
        assert number in (await desk.get(path)).text
    await leave(phone, everywhere="yes")
    assert [(await desk.get(path)).status for path in pages] == [404, 404]
    assert (await desk.send(f"/orders/{number}/cancel", {})).status == 404


async def test_the_mails_link_is_ours_whatever_host_was_asked_for(
    orders: Orders, a_browser: NewBrowser, mails: Mails
) -> None:
    elsewhere = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Sec-Fetch-Site": "same-origin"}
    assert (await a_browser().send("/sign-in", {"email": ADA}, **elsewhere)).status == 303
    assert (await mails.next()).link.startswith(f"{orders.base}/sign-in/")


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_a_form_of_another_site_does_nothing(
    a_browser: NewBrowser, mails: Mails, headers: dict[str, str]
) -> None:
    foreign = headers | {"Origin": "https://evil.example"}
    ada = a_browser()
    link = await a_link(ada, mails)
    seal = (await ada.get(path_of(link))).seal
    assert (await ada.send(path_of(link), {"seal": seal}, **foreign)).status == 403
    assert (await ada.send("/sign-in", {"email": ADA}, **foreign)).status == 403
    await ada.send(path_of(link), {"seal": seal})
    seal = (await ada.get("/account")).seal
    assert (await ada.send("/sign-out", {"seal": seal, "everywhere": "yes"}, **foreign)).status == 403
    assert await ada.address() == ADA


async def test_a_form_without_its_seal_does_nothing(a_browser: NewBrowser, mails: Mails) -> None:
    ada, eve = a_browser(), await signed_in(a_browser(), mails, "eve@example.org")
    link = await a_link(ada, mails)
    of_eve = (await eve.get("/account")).seal
    for form in ({}, {"seal": ""}, {"seal": of_eve}, {"seal": "é"}):
        assert (await ada.send(path_of(link), form)).status == 403
    await ada.sign_in(link)
    for form in ({}, {"seal": of_eve}):
        assert (await ada.send("/sign-out", form)).status == 403
    assert await ada.address() == ADA


async def test_who_is_not_signed_in_is_led_to_where_that_is_done(a_browser: NewBrowser) -> None:
    browser = a_browser()
    for path in ("/account", "/account/orders/7K2MX-Q4P9D", "/account/orders/x"):
        page = await browser.get(path)
        assert (page.status, page.headers["Location"]) == (303, "/sign-in")
    assert (await browser.send("/sign-out", {})).status == 303
    assert (await browser.get("/sign-in/nonsense")).status == 410


async def test_nothing_of_this_is_kept_by_a_cache(a_browser: NewBrowser, mails: Mails) -> None:
    ada = a_browser()
    link = await a_link(ada, mails)
    pages = [await ada.get("/sign-in"), await ada.get("/sign-in/check-mail"), await ada.get(path_of(link))]
    pages += [await ask(a_browser(), "grace@example.org"), await ada.sign_in(link), await ada.get("/account")]
    pages += [await ada.get("/account/orders/7K2MX-Q4P9D"), await ada.send("/sign-out", {})]
    assert {page.headers["Cache-Control"] for page in pages} == {"private, no-store"}
    front = await ada.get("/")
    assert "public" not in front.headers["Cache-Control"]
