"""A link by mail becomes a session: once, in time, in the browser that asked, and nobody learns whom we know."""

import asyncio
from collections.abc import Callable

import pytest

from tests.orders.accounts.conftest import Mails
from tests.orders.accounts.visitor import SESSION, SIGN_IN, Page, Visitor, path_of
from tests.orders.builders import a_request
from tests.orders.conftest import Orders

NewBrowser = Callable[[], Visitor]
ADA = "ada@example.org"
CHANGING = ("date", "x-request-id")


async def ask(browser: Visitor, address: str = ADA) -> Page:
    return await browser.send("/sign-in", {"email": address})


async def a_link(browser: Visitor, mails: Mails, address: str = ADA) -> str:
    assert (await ask(browser, address)).status == 303
    return (await mails.next()).link


async def signed_in(browser: Visitor, mails: Mails, address: str = ADA) -> Visitor:
    assert (await browser.sign_in(await a_link(browser, mails, address))).status == 303
    return browser


async def test_a_link_signs_in_the_browser_that_asked(a_browser: NewBrowser, mails: Mails) -> None:
    ada = a_browser()
    asked = await ask(ada, "Ada@Example.org")
    assert (asked.status, asked.headers["Location"]) == (303, "/sign-in/check-mail")
    mail = await mails.next()
    assert mail.address == "Ada@example.org"
    done = await ada.sign_in(mail.link)
    assert (done.status, done.headers["Location"]) == (303, "/account")
    (cookie,) = [line for line in done.headers.getall("Set-Cookie") if line.startswith(SESSION)]
    for attribute in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie
    assert set(ada.cookies) == {SESSION}
    assert await ada.address() == ADA


async def test_a_program_can_ask_as_the_page_does(orders: Orders, a_browser: NewBrowser, mails: Mails) -> None:
    status, answer, headers = await orders.ask("POST", "/v1/sign-in", json={"email": ADA, "locale": "de"})
    assert (status, headers["Cache-Control"]) == (202, "private, no-store")
    assert "15 minutes" in answer["detail"]
    assert (await mails.next()).locale == "de"
    status, problem, _ = await orders.ask("POST", "/v1/sign-in", json={"email": "ada", "x": 1})
    assert (status, {fault["pointer"] for fault in problem["errors"]}) == (422, {"/email", "/x"})


async def test_of_ten_clicks_at_once_one_signs_in(orders: Orders, a_browser: NewBrowser, mails: Mails) -> None:
    ada = a_browser()
    path = path_of(await a_link(ada, mails))
    seal, mark = (await ada.get(path)).seal, dict(ada.cookies)
    clicking = [Visitor(ada.client, dict(mark)) for _ in range(10)]
    pages = await asyncio.gather(*(browser.send(path, {"seal": seal}) for browser in clicking))
    assert sorted(page.status for page in pages) == [303] + [410] * 9
    assert await orders.pool.fetchval("SELECT count(*) FROM sessions") == 1


async def test_opening_the_link_does_not_use_it_up(a_browser: NewBrowser, mails: Mails) -> None:
    """Mail scanners do, and they have no cookie."""
    ada, scanner = a_browser(), a_browser()
    link = await a_link(ada, mails)
    for _ in range(3):
        await scanner.get(path_of(link))
        await scanner.send(path_of(link), {})
        await ada.get(path_of(link))
    assert (await ada.sign_in(link)).status == 303


async def test_another_browser_is_told_where_to_open_it(a_browser: NewBrowser, mails: Mails) -> None:
    ada, other = a_browser(), a_browser()
    link = await a_link(ada, mails)
    await a_link(other, mails, "eve@example.org")
    for page in (await other.get(path_of(link)), await other.send(path_of(link), {"seal": "x"})):
        assert page.status == 403
    seen = await other.get(path_of(link))
    assert "not the browser that asked" in seen.text
    assert ADA not in seen.text
    assert await other.address() is None
    assert (await ada.sign_in(link)).status == 303, "it is still good over there"


async def test_a_link_is_good_for_a_quarter_of_an_hour(orders: Orders, a_browser: NewBrowser, mails: Mails) -> None:
    ada = a_browser()
    link = await a_link(ada, mails)
    seal = (await ada.get(path_of(link))).seal
    life = await orders.pool.fetchval("SELECT extract(epoch FROM expires_at - requested_at) FROM sign_in_links")
    assert life == 15 * 60
    await orders.pool.execute("UPDATE sign_in_links SET expires_at = now()")
    page = await ada.send(path_of(link), {"seal": seal})
    assert (page.status, "has expired" in page.text) == (410, True)
    assert await ada.address() is None


async def test_a_used_link_says_so_and_leads_on_who_is_signed_in(a_browser: NewBrowser, mails: Mails) -> None:
    ada = a_browser()
    link = await a_link(ada, mails)
    await ada.sign_in(link)
    assert (await ada.get(path_of(link))).headers["Location"] == "/account"
    page = await a_browser().get(path_of(link))
    assert (page.status, "has been used" in page.text) == (410, True)


async def test_whoever_asks_is_told_the_same(orders: Orders, a_browser: NewBrowser, mails: Mails) -> None:
    await orders.ask("POST", "/v1/orders", json=a_request())
    told, answers = set(), set[object]()
    for address in (ADA, "nobody@example.org", ADA, ADA, ADA, ADA):
        page = await ask(a_browser(), address)
        told.add((page.status, page.text, page.headers["Location"], len(page.headers["Set-Cookie"])))
        async with orders.client.post("/v1/sign-in", json={"email": address}) as response:
            kept = {name: value for name, value in response.headers.items() if name.lower() not in CHANGING}
            kept["Set-Cookie"] = str(len(kept["Set-Cookie"]))
            answers.add((response.status, await response.read(), str(sorted(kept.items()))))
    assert (len(told), len(answers)) == (1, 1)


async def test_an_address_gets_three_links_and_then_none(orders: Orders, a_browser: NewBrowser, mails: Mails) -> None:
    pages = await asyncio.gather(*(ask(a_browser()) for _ in range(8)))
    assert {page.status for page in pages} == {303}
    assert await orders.pool.fetchval("SELECT count(*) FROM sign_in_links") == 3
    await ask(a_browser(), "grace@example.org")
    assert [(await mails.next()).address for _ in range(4)] == [ADA] * 3 + ["grace@example.org"]
    await orders.pool.execute("UPDATE sign_in_links SET requested_at = now() - interval '16 minutes'")
    assert await a_link(a_browser(), mails)


async def test_who_asks_too_often_is_told_when_to_come_back(orders: Orders, a_browser: NewBrowser) -> None:
    for number in range(30):
        assert (await ask(a_browser(), f"a{number}@example.org")).status == 303
    page = await ask(a_browser(), "one-more@example.org")
    assert (page.status, page.headers["Retry-After"]) == (429, "900")
    status, problem, headers = await orders.ask("POST", "/v1/sign-in", json={"email": ADA})
    assert (status, problem["type"].rpartition(":")[2], headers["Retry-After"]) == (429, "rate-limited", "900")
    elsewhere = await a_browser().send("/sign-in", {"email": ADA}, **{"X-Forwarded-For": "203.0.113.7"})
    assert elsewhere.status == 303


async def test_a_session_that_was_planted_is_not_the_one_that_signs_in(
    orders: Orders, a_browser: NewBrowser, mails: Mails
) -> None:
    eve = await signed_in(a_browser(), mails, "eve@example.org")
    ada = a_browser()
    ada.cookies[SESSION] = eve.cookies[SESSION]
    link = await a_link(ada, mails)
    # As if her browser had not known that it is signed in: the page would lead on.
    seal = (await Visitor(ada.client, {SIGN_IN: ada.cookies[SIGN_IN]}).get(path_of(link))).seal
    await ada.send(path_of(link), {"seal": seal})
    assert ada.cookies[SESSION] != eve.cookies[SESSION]
    assert (await ada.address(), await eve.address()) == (ADA, None)
    made_up = a_browser()
    made_up.cookies[SESSION] = "x" * 43
    assert await made_up.address() is None


async def test_only_hashes_are_kept(orders: Orders, a_browser: NewBrowser, mails: Mails) -> None:
    ada = a_browser()
    link = await a_link(ada, mails)
    secrets = [link.rpartition("/")[2], ada.cookies[SIGN_IN]]
    await ada.sign_in(link)
    secrets.append(ada.cookies[SESSION])
    for table in ("sign_in_links", "sessions"):
        dump = "".join(str(dict(row)) for row in await orders.pool.fetch(f"SELECT * FROM {table}"))
        assert not [secret for secret in secrets if secret in dump]


@pytest.mark.parametrize(
    "age", ["seen_at = now() - interval '7 days 1 second'", "created_at = now() - interval '30 days 1 second'"]
)
async def test_a_session_ends_by_itself(orders: Orders, a_browser: NewBrowser, mails: Mails, age: str) -> None:
    ada = await signed_in(a_browser(), mails)
    await orders.pool.execute("UPDATE sessions SET seen_at = now() - interval '6 days', created_at = seen_at")
    assert await ada.address() == ADA
    seen = await orders.pool.fetchval("SELECT now() - seen_at < interval '1 minute' FROM sessions")
    assert seen, "using it keeps it"
    await orders.pool.execute(f"UPDATE sessions SET {age}")
    assert await ada.address() is None
