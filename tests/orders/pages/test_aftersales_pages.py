"""An order's page after the sale: the tickets once more, and calling it off after a second look."""

import asyncio
from typing import Any

import pytest

from services.orders.organising import NewTicketType
from shared.flags.rules import Rule, Setting
from shared.messages import OrderCancelled, OrderResendRequested
from tests.orders.builders import a_new_event, a_request
from tests.orders.conftest import ORGANISER, Orders
from tests.orders.flagging import set_flag
from tests.orders.test_aftersales import Json, messages_to_mailer, placed_minutes_ago, reported, seen, sent
from tests.orders.test_api import available, issued, place
from tests.servers.waiting import eventually

ELSEWHERE = {"Origin": "https://elsewhere.example"}


@pytest.fixture
async def order(orders: Orders) -> Json:
    """Two places."""
    _, placed = await place(orders)
    return placed


@pytest.fixture
async def mailed(orders: Orders, order: Json) -> Json:
    """Two places, the tickets in the mail."""
    await orders.report(issued(order["confirmation_number"]))
    await orders.report(sent(order, "tickets"))
    await reported(orders, order, "issued", "sent")
    return order


async def visit(
    orders: Orders, order: Json, method: str = "GET", under: str = "", headers: dict[str, str] | None = None
) -> tuple[int, str, Any]:
    """Status, page and headers, for the browser that ordered."""
    cookie = {"Cookie": f"boxoffice_order={order['access_token']}", "Accept": "text/html"}
    path = f"/orders/{order['confirmation_number']}{under}"
    more: dict[str, Any] = {"data": {}} if method == "POST" else {}
    async with orders.client.request(
        method, path, headers=cookie | (headers or {}), allow_redirects=False, **more
    ) as response:
        return response.status, await response.text(), response.headers


async def test_the_tickets_are_sent_once_more_and_the_page_says_so(orders: Orders, mailed: Json) -> None:
    assert "Send the mail again" in (await visit(orders, mailed))[1]
    status, _, headers = await visit(orders, mailed, "POST", "/resend")
    assert (status, headers["Location"]) == (303, f"/orders/{mailed['confirmation_number']}")
    _, page, _ = await visit(orders, mailed)
    assert "The mail is on its way again." in page
    assert "Send the mail again" not in page
    assert len(await messages_to_mailer(orders, OrderResendRequested)) == 1


async def test_while_something_is_stuck_the_page_lets_the_mail_be_asked_for(orders: Orders, order: Json) -> None:
    assert "Send the mail again" not in (await visit(orders, order))[1]
    await placed_minutes_ago(orders, order)
    assert "Send the mail again" in (await visit(orders, order))[1]
    assert (await visit(orders, order, "POST", "/resend"))[0] == 303


async def test_without_scripts_the_page_looks_again_after_each_wish_and_not_for_ever(
    orders: Orders, mailed: Json
) -> None:
    number = mailed["confirmation_number"]
    again = f'<meta http-equiv="refresh" content="3; url=/orders/{number}">'
    await orders.pool.execute("UPDATE orders SET placed_at = now() - interval '2 hours' WHERE number = $1", number)
    assert "refresh" not in (await visit(orders, mailed))[1], "nothing is awaited"
    await visit(orders, mailed, "POST", "/resend")
    assert again in (await visit(orders, mailed))[1]
    await orders.pool.execute("UPDATE order_news SET at = now() - interval '61 minutes' WHERE number = $1", number)
    assert "refresh" not in (await visit(orders, mailed))[1]
    await visit(orders, mailed, "POST", "/cancel")
    assert again in (await visit(orders, mailed))[1]


async def test_a_refusals_page_leads_back_to_the_order(orders: Orders, order: Json) -> None:
    number = order["confirmation_number"]
    _, page, _ = await visit(orders, order, "POST", "/resend")
    assert f'content="3; url=/orders/{number}"' in page
    assert f'data-page="/orders/{number}"' in page
    status, _, headers = await visit(orders, order, under="/resend?lang=de")
    assert (status, headers["Location"]) == (303, f"/orders/{number}?lang=de")


async def test_two_clicks_send_one_mail_and_scold_nobody(orders: Orders, mailed: Json) -> None:
    answers = await asyncio.gather(*(visit(orders, mailed, "POST", "/resend") for _ in range(4)))
    assert [status for status, _, _ in answers] == [303] * 4
    assert len(await messages_to_mailer(orders, OrderResendRequested)) == 1


async def test_who_asks_again_too_soon_is_told_where_to_look(orders: Orders, mailed: Json) -> None:
    await visit(orders, mailed, "POST", "/resend")
    await orders.report(sent(mailed, "tickets", 2))
    await reported(orders, mailed, "issued", "sent")
    status, page, headers = await visit(orders, mailed, "POST", "/resend")
    assert (status, int(headers["Retry-After"]) > 0) == (429, True)
    assert "Look among the spam" in page
    assert mailed["confirmation_number"] in page


async def test_what_is_not_made_yet_is_not_offered_again_and_refused_kindly(orders: Orders, order: Json) -> None:
    assert "Send the mail again" not in (await visit(orders, order))[1]
    status, page, headers = await visit(orders, order, "POST", "/resend")
    assert (status, headers["Retry-After"]) == (409, "1")
    assert "That can’t be done just now" in page


async def test_where_buyers_do_not_send_again_the_page_says_who_does(orders: Orders, mailed: Json) -> None:
    await set_flag(orders, "resend-by-buyer", Setting(False, (Rule(organiser=ORGANISER),)))

    async def hidden() -> bool:
        return "Send the mail again" not in (await visit(orders, mailed))[1]

    await eventually(hidden)
    assert f"\u2068{ORGANISER}\u2069 can have the tickets sent again" in (await visit(orders, mailed))[1]
    status, page, _ = await visit(orders, mailed, "POST", "/resend")
    assert status == 403
    assert f"{ORGANISER} can have the tickets sent again" in page


async def test_an_order_is_called_off_only_after_a_second_look(orders: Orders, mailed: Json) -> None:
    assert "Cancel the order" in (await visit(orders, mailed))[1]
    status, page, headers = await visit(orders, mailed, under="/cancel")
    assert (status, headers["Cache-Control"]) == (200, "private, no-store")
    for told in ("Cancel this order?", mailed["confirmation_number"], "Summer Night", "2 × <bdi>General", "€90.00"):
        assert told in page
    assert (await seen(orders, mailed))["status"] == "confirmed"

    answers = [await visit(orders, mailed, "POST", "/cancel") for _ in range(2)]
    assert [status for status, _, _ in answers] == [303, 303]
    assert await available(orders, "general") == 100
    _, page, _ = await visit(orders, mailed)
    for told in ("<h1>Cancelled</h1>", "Tickets void", "The mail that confirms it", "data-stream"):
        assert told in page
    for gone in ("Cancel the order", "Send the mail again", "Download the tickets"):
        assert gone not in page
    assert (await visit(orders, mailed, under="/cancel"))[0] == 303
    await orders.report(sent(mailed, "cancellation"))
    await reported(orders, mailed, "void", "sent")
    _, page, _ = await visit(orders, mailed)
    assert "Cancellation confirmed by mail" in page
    assert "data-stream" not in page
    assert len(await messages_to_mailer(orders, OrderCancelled)) == 1


async def test_once_the_event_has_begun_the_page_says_who_can_still_cancel(orders: Orders) -> None:
    await orders.on_sale(a_new_event("today", NewTicketType("general", "General", 4500, "EUR", 10)))
    line = {"ticket_type": "general", "quantity": 1}
    _, order, _ = await orders.ask("POST", "/v1/orders", json=a_request("today", lines=[line]))
    await orders.pool.execute("UPDATE events SET starts_at = now() - interval '1 minute' WHERE slug = 'today'")

    async def not_offered() -> bool:
        return "Cancel the order" not in (await visit(orders, order))[1]

    await eventually(not_offered)
    status, page, _ = await visit(orders, order, "POST", "/cancel")
    assert status == 409
    assert f"{ORGANISER} can still cancel the order" in page
    assert (await seen(orders, order))["status"] == "confirmed"


async def test_nobody_else_changes_an_order(orders: Orders, mailed: Json) -> None:
    stranger = mailed | {"access_token": "x" * 43}
    unknown = stranger | {"confirmation_number": "7K2MX-Q4P9D"}
    for method, under in (("POST", "/resend"), ("GET", "/cancel"), ("POST", "/cancel")):
        for who in (stranger, unknown):
            status, page, _ = await visit(orders, who, method, under)
            assert status == 404
            assert "Only for whoever ordered" in page
            assert f'action="/orders/{who["confirmation_number"]}"' in page
            assert f'href="/account/orders/{who["confirmation_number"]}"' in page
        if method == "POST":
            assert (await visit(orders, mailed, method, under, ELSEWHERE))[0] == 403
    assert (await seen(orders, mailed))["status"] == "confirmed"
    assert (await seen(orders, mailed))["fulfilment"]["email"] == "sent"
