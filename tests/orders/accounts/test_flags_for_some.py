"""Flags that go by who asks: a header, the address that has signed in, the language. Over real HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import pytest

from shared.flags.rules import Rule, Setting
from tests.orders.accounts.conftest import Mails
from tests.orders.accounts.test_signing_in import NewBrowser, signed_in
from tests.orders.accounts.visitor import Visitor
from tests.orders.builders import a_request
from tests.orders.conftest import Orders
from tests.orders.flagging import set_flag
from tests.orders.test_aftersales import Json, reported, resend, sent
from tests.orders.test_api import bearer, issued, place
from tests.servers.waiting import eventually

EVENT = "/events/summer-night"
PAUSED = "Sales are paused"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A rule, and two who ask: one whom it means, and one whom it does not."""

    rule: Rule
    meant: Mapping[str, str]
    other: Mapping[str, str]
    locale: tuple[str, str] = ("en", "en")


def cookies(browser: Visitor) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}


@pytest.fixture(params=["header", "address", "domain", "locale"])
async def chosen(request: pytest.FixtureRequest, a_browser: NewBrowser, mails: Mails) -> Chosen:
    match request.param:
        case "header":
            return Chosen(Rule(header="x-beta: 1"), {"X-Beta": "1"}, {"X-Beta": "0"})
        case "locale":
            return Chosen(Rule(locale="de"), {}, {}, ("de-AT", "en"))
    ada = cookies(await signed_in(a_browser(), mails, "Ada@example.org"))
    eve = cookies(await signed_in(a_browser(), mails, "eve@elsewhere.example"))
    return Chosen(Rule(address="ada@example.org" if request.param == "address" else "@example.org"), ada, eve)


async def form(orders: Orders, kind: str = "general") -> dict[str, str]:
    """The event's form, filled in for one place; each time another order."""
    identity = await orders.pool.fetchval("SELECT id FROM ticket_types WHERE slug = $1", kind)
    who = {"name": "Ada", "email": "ada@example.org", "key": token_hex(16)}
    return who | {f"quantity.{identity}": "1"}


async def followed(check: Callable[[], Awaitable[Any]]) -> None:
    """The flag is followed within a second."""
    assert await eventually(check)


async def buy(orders: Orders, headers: Mapping[str, str], locale: str = "en") -> int:
    wish = a_request(lines=[{"ticket_type": "general", "quantity": 1}], locale=locale)
    return (await orders.ask("POST", "/v1/orders", dict(headers), json=wish))[0]


async def test_orders_are_paused_for_some(orders: Orders, chosen: Chosen) -> None:
    await set_flag(orders, "orders-paused", Setting(True, (chosen.rule,)))

    async def paused() -> bool:
        return await buy(orders, chosen.meant, chosen.locale[0]) == 409

    await followed(paused)
    assert await buy(orders, chosen.other, chosen.locale[1]) == 201
    assert await buy(orders, {}) == 201


async def test_orders_are_paused_for_all_but_some(orders: Orders, chosen: Chosen) -> None:
    await set_flag(orders, "orders-paused", Setting(False, (chosen.rule,)))

    async def paused() -> bool:
        return await buy(orders, chosen.other, chosen.locale[1]) == 409

    await followed(paused)
    assert await buy(orders, {}) == 409
    assert await buy(orders, chosen.meant, chosen.locale[0]) == 201


async def mailed(orders: Orders, locale: str) -> Json:
    """An order whose tickets are in the mail."""
    _, order = await place(orders, locale=locale)
    await orders.report(issued(order["confirmation_number"]))
    await orders.report(sent(order, "tickets"))
    await reported(orders, order, "issued", "sent")
    return order


async def page_of(orders: Orders, order: Json, headers: Mapping[str, str]) -> str:
    cookie = "; ".join(filter(None, (headers.get("Cookie"), f"boxoffice_order={order['access_token']}")))
    told = {**headers, "Cookie": cookie, "Accept": "text/html"}
    async with orders.client.get(f"/orders/{order['confirmation_number']}", headers=told) as response:
        return await response.text()


async def test_some_can_not_send_their_tickets_again(orders: Orders, chosen: Chosen) -> None:
    ours, theirs = await mailed(orders, chosen.locale[0]), await mailed(orders, chosen.locale[1])
    await set_flag(orders, "resend-by-buyer", Setting(False, (chosen.rule,)))

    async def hidden() -> bool:
        return "Send the mail again" not in await page_of(orders, ours, chosen.meant)

    await followed(hidden)
    assert "Send the mail again" in await page_of(orders, theirs, chosen.other)
    status, problem, _ = await resend(orders, ours, bearer(ours) | dict(chosen.meant))
    assert (status, problem["type"].rpartition(":")[2]) == (403, "forbidden")
    assert (await resend(orders, theirs, bearer(theirs) | dict(chosen.other)))[0] == 202


async def test_a_page_that_caches_hold_is_the_same_for_all_and_the_order_tells_the_truth(
    orders: Orders, a_browser: NewBrowser, mails: Mails
) -> None:
    ada, stranger = await signed_in(a_browser(), mails), a_browser()
    await set_flag(orders, "orders-paused", Setting(True, (Rule(header="x-beta: 1"), Rule(address="@example.org"))))
    beta = {"X-Beta": "1"}

    async def paused() -> bool:
        return (await ada.send(EVENT, await form(orders))).status == 409

    await followed(paused)
    seen = await stranger.get(EVENT, **beta)
    assert (PAUSED in seen.text, seen.headers["Cache-Control"]) == (False, "public, max-age=60")
    plain = await stranger.get(EVENT)
    assert (seen.text, seen.headers["ETag"]) == (plain.text, plain.headers["ETag"])
    refused = await stranger.send(EVENT, await form(orders), **beta)
    assert (refused.status, PAUSED in refused.text) == (409, True)
    assert refused.headers["Cache-Control"] == "private, no-store"
    own = await ada.get(EVENT)
    assert (PAUSED in own.text, own.headers["Cache-Control"]) == (True, "private, no-cache")


async def test_who_is_signed_in_finds_the_form_while_all_others_wait(
    orders: Orders, a_browser: NewBrowser, mails: Mails
) -> None:
    ada, stranger = await signed_in(a_browser(), mails), a_browser()
    await set_flag(orders, "orders-paused", Setting(False, (Rule(address="ada@example.org"),)))

    async def paused() -> bool:
        return PAUSED in (await stranger.get(EVENT)).text

    await followed(paused)
    assert "data-order" in (await ada.get(EVENT)).text
    assert (await ada.send(EVENT, await form(orders))).status == 303
    assert (await stranger.send(EVENT, await form(orders))).status == 409


async def test_a_flip_in_the_middle_of_a_request_is_not_told_to_it(orders: Orders, a_browser: NewBrowser) -> None:
    """It is placed while nothing is paused, waits for another's lock, finds the type sold out, and shows the form as
    it was when it came: with what is left, not with the pause of meanwhile."""
    early, late = a_browser(), a_browser()
    wish = await form(orders, "last-two")

    async def waiting() -> bool:
        locks = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        return bool(await orders.pool.fetchval(locks))

    async def paused() -> bool:
        return PAUSED in (await late.get(EVENT)).text

    async with orders.pool.acquire() as held, held.transaction():
        await held.execute("UPDATE ticket_types SET available = 0 WHERE slug = 'last-two'")
        asked = asyncio.create_task(early.send(EVENT, wish))
        await eventually(waiting)
        await set_flag(orders, "orders-paused", Setting(True, (Rule(),)))
        await eventually(paused)
    answer = await asked
    assert (answer.status, PAUSED in answer.text, "data-order" in answer.text) == (409, False, True)
    again = await late.send(EVENT, await form(orders))
    assert (again.status, PAUSED in again.text) == (409, True)
