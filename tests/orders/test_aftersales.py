"""Cancelling, and sending again, from outside: over real HTTP and a real database."""

import asyncio
import re
from collections import Counter
from typing import Any

import pytest

from services.orders import store
from shared.bus import Delivery, Done, Subscription, Verdict
from shared.database import connection
from shared.flags.rules import Rule, Setting
from shared.messages import EmailSent, OrderCancelled, OrderPlaced, OrderResendRequested, TicketsFailed, read
from tests.orders.builders import a_new_event
from tests.orders.conftest import ORGANISER, Orders
from tests.orders.flagging import set_flag
from tests.orders.test_api import available, bearer, issued, line, place
from tests.servers.waiting import eventually

Json = dict[str, Any]


@pytest.fixture
async def order(orders: Orders) -> Json:
    """Two places."""
    status, placed = await place(orders)
    assert status == 201
    return placed


async def cancel(orders: Orders, order: Json, headers: dict[str, str] | None = None) -> tuple[int, Json]:
    path = f"/v1/orders/{order['confirmation_number']}/cancel"
    status, answer, _ = await orders.ask("POST", path, headers or bearer(order))
    return status, answer


async def resend(orders: Orders, order: Json, headers: dict[str, str] | None = None) -> tuple[int, Json, Any]:
    path = f"/v1/orders/{order['confirmation_number']}/resend"
    return await orders.ask("POST", path, headers or bearer(order))


async def seen(orders: Orders, order: Json) -> Json:
    _, answer, _ = await orders.ask("GET", f"/v1/orders/{order['confirmation_number']}", bearer(order))
    assert isinstance(answer, dict)
    return answer


async def reported(orders: Orders, order: Json, tickets: str, email: str = "pending") -> None:
    """Wait until the order stands so."""

    async def so() -> bool:
        now: Json = (await seen(orders, order))["fulfilment"]
        return now == {"tickets": tickets, "email": email}

    await eventually(so)


async def stream(orders: Orders, order: Json) -> list[str]:
    """The names of all that comes until the stream ends by itself."""
    async with orders.client.get(order["links"]["progress"]) as response:
        return re.findall(r"event: (\S+)", (await response.read()).decode())


def sent(order: Json, template: str, revision: int = 1) -> EmailSent:
    return EmailSent(
        number=order["confirmation_number"], template=template, recipient="ada@example.org", revision=revision
    )


async def messages_to_mailer(orders: Orders, kind: type[OrderCancelled] | type[OrderResendRequested]) -> list[Any]:
    """All there are by now, read as the mailer reads them."""
    found: list[Any] = []

    async def take(delivery: Delivery) -> Verdict:
        found.append(read(kind, delivery.message.body))
        return Done()

    queue = f"mailer.{kind.key.removesuffix('.v1').replace('.', '-')}"
    await orders.bus.subscribe(Subscription(queue, (kind.key,)), take)

    async def all_taken() -> bool:
        (status,) = await orders.bus.status([queue])
        waiting = await orders.pool.fetchval("SELECT count(*) FROM outbox")
        return bool(found) and not (status.ready or status.in_flight or waiting)

    await eventually(all_taken)
    return found


async def test_a_cancelled_order_is_void_and_its_places_are_for_sale_again(orders: Orders, order: Json) -> None:
    assert await available(orders, "general") == 98
    status, cancelled = await cancel(orders, order)

    assert (status, cancelled["status"]) == (200, "cancelled")
    assert cancelled["fulfilment"] == {"tickets": "void", "email": "pending"}
    unchanged = order.keys() - {"status", "fulfilment", "links", "access_token"}
    assert {name: cancelled[name] for name in unchanged} == {name: order[name] for name in unchanged}
    assert await available(orders, "general") == 100
    assert (await seen(orders, order))["status"] == "cancelled"


async def test_a_second_cancel_answers_the_same_and_changes_nothing(orders: Orders, order: Json) -> None:
    first, second = await cancel(orders, order), await cancel(orders, order)
    del first[1]["links"], second[1]["links"]

    assert first == second
    assert await available(orders, "general") == 100
    (told,) = await messages_to_mailer(orders, OrderCancelled)
    tickets = await orders.pool.fetch("SELECT id FROM tickets WHERE voided_at IS NOT NULL ORDER BY id")
    assert told.number == order["confirmation_number"]
    assert (told.buyer.email, told.locale, told.reason) == ("ada@example.org", "en", "buyer")
    assert told.event.slug == "summer-night"
    assert sorted(told.tickets) == [str(row["id"]) for row in tickets]
    assert len(told.tickets) == 2


async def test_many_cancels_at_once_return_the_places_once(orders: Orders, order: Json) -> None:
    answers = await asyncio.gather(*(cancel(orders, order) for _ in range(12)))

    assert {(status, answer["status"]) for status, answer in answers} == {(200, "cancelled")}
    assert await available(orders, "general") == 100
    assert len(await messages_to_mailer(orders, OrderCancelled)) == 1


async def test_places_that_return_are_sold_again_whatever_the_race(orders: Orders) -> None:
    """Orders of several types, placed and cancelled side by side: the books balance, and nobody waits for ever."""
    night = {"buyer": {"name": "Ada", "email": "ada@example.org"}}
    wishes = [[line("general"), line("last-two")], [line("last-two"), line("general", 2)], [line("last-two", 2)]]

    async def place_and_cancel(turn: int) -> str:
        status, answer = await place(orders, lines=wishes[turn % 3], **night)
        if status == 409:
            return str(answer["type"].rpartition(":")[2])
        assert status == 201, answer
        assert (await cancel(orders, answer))[0] == 200
        return "cancelled"

    ends = Counter(await asyncio.gather(*(place_and_cancel(turn) for turn in range(60))))
    assert set(ends) <= {"cancelled", "sold-out"}
    assert ends["cancelled"] >= 1
    assert (await available(orders, "general"), await available(orders, "last-two")) == (100, 2)


async def test_lines_of_several_types_go_back_where_they_came_from(orders: Orders) -> None:
    _, placed = await place(orders, lines=[line("general", 3), line("last-two"), line("general")])
    assert (await available(orders, "general"), await available(orders, "last-two")) == (96, 1)
    await cancel(orders, placed)
    assert (await available(orders, "general"), await available(orders, "last-two")) == (100, 2)


async def test_an_order_is_cancelled_by_whoever_may(orders: Orders, order: Json) -> None:
    _, other = await place(orders)
    number = order["confirmation_number"]
    nobody, _, _ = await orders.ask("POST", f"/v1/orders/{number}/cancel")
    assert nobody == 401
    assert (await cancel(orders, order, bearer(other)))[0] == 404
    assert (await cancel(orders, order, await orders.key("Someone else")))[0] == 404
    assert (await cancel(orders, order, await orders.key("Lakeside Concerts", "read")))[0] == 403
    signature = order["links"]["progress"].partition("sig=")[2]
    assert (await orders.ask("POST", f"/v1/orders/{number}/cancel", params={"sig": signature}))[0] == 401
    assert await available(orders, "general") == 96

    status, cancelled = await cancel(orders, order, await orders.key())
    assert (status, cancelled["status"]) == (200, "cancelled")
    (told,) = await messages_to_mailer(orders, OrderCancelled)
    assert told.reason == "organiser"


async def test_an_organisers_key_reads_the_orders_of_its_own_events(orders: Orders, order: Json) -> None:
    path = f"/v1/orders/{order['confirmation_number'].lower()}"
    status, answer, _ = await orders.ask("GET", path, await orders.key("Lakeside Concerts", "read"))
    assert (status, answer["confirmation_number"]) == (200, order["confirmation_number"])
    assert "access_token" not in answer
    assert (await orders.ask("GET", path, await orders.key("Someone else")))[0] == 404
    assert (await orders.ask("GET", path, await orders.key("Lakeside Concerts", "check-in")))[0] == 403


async def test_a_buyer_can_not_cancel_once_the_event_has_begun(orders: Orders) -> None:
    await orders.on_sale(a_new_event("tonight"))
    placed, cancelled = [(await place(orders, event="tonight"))[1] for _ in range(2)]
    assert (await cancel(orders, cancelled))[0] == 200
    await orders.pool.execute("UPDATE events SET starts_at = now() - interval '1 minute' WHERE slug = 'tonight'")

    status, problem = await cancel(orders, placed)
    assert (status, problem["type"].rpartition(":")[2]) == (409, "too-late")
    assert "Lakeside Concerts" in problem["detail"]
    assert (await cancel(orders, cancelled))[0] == 200, "what is cancelled stays so, and says so"
    assert (await cancel(orders, placed, await orders.key()))[0] == 200


async def test_the_stream_of_a_cancelled_order_ends_with_the_mail_that_says_so(orders: Orders, order: Json) -> None:
    reading = asyncio.create_task(stream(orders, order))
    await orders.report(issued(order["confirmation_number"]))
    await reported(orders, order, "issued")
    await cancel(orders, order)
    await orders.report(sent(order, "cancellation"))

    names = ["order.placed", "tickets.issued", "order.cancelled", "email.sent"]
    assert await asyncio.wait_for(reading, 20) == names
    assert (await seen(orders, order))["fulfilment"] == {"tickets": "void", "email": "sent"}


async def test_what_was_on_its_way_when_it_was_cancelled_brings_nothing_back(orders: Orders, order: Json) -> None:
    await cancel(orders, order)
    number = order["confirmation_number"]
    for late in (issued(number), TicketsFailed(number=number, reason="no font"), sent(order, "tickets")):
        await orders.report(late)

    async def all_came() -> bool:
        async with connection(orders.pool) as held:
            return len(await store.news(held, number, 0)) == 4

    await eventually(all_came)
    assert (await seen(orders, order))["fulfilment"] == {"tickets": "void", "email": "pending"}


async def test_void_tickets_can_not_be_downloaded_or_sent(orders: Orders, order: Json) -> None:
    await orders.report(issued(order["confirmation_number"]))
    await reported(orders, order, "issued")
    await cancel(orders, order)

    status, problem, _ = await orders.ask("GET", order["links"]["tickets_pdf"])
    again, same, _ = await resend(orders, order)
    for told in ((status, problem), (again, same)):
        assert (told[0], told[1]["type"].rpartition(":")[2]) == (409, "void")
        assert "cancelled" in told[1]["detail"]


async def test_tickets_are_sent_again_on_request_and_the_order_waits_for_that_mail(orders: Orders, order: Json) -> None:
    await orders.report(issued(order["confirmation_number"]))
    await reported(orders, order, "issued")
    await orders.report(sent(order, "tickets"))
    await reported(orders, order, "issued", "sent")
    status, asked, _ = await resend(orders, order)

    assert (status, asked["fulfilment"]) == (202, {"tickets": "issued", "email": "pending"})
    (told,) = await messages_to_mailer(orders, OrderResendRequested)
    assert (told.number, told.revision) == (order["confirmation_number"], 2)
    await orders.report(sent(order, "tickets", revision=2))
    assert await asyncio.wait_for(stream(orders, order), 20) == [
        *("order.placed", "tickets.issued", "email.sent", "order.resend-requested", "email.sent")
    ]


async def test_tickets_that_are_not_there_yet_can_not_be_sent_again(orders: Orders, order: Json) -> None:
    status, problem, headers = await resend(orders, order)
    assert (status, problem["type"].rpartition(":")[2], headers["Retry-After"]) == (409, "not-ready", "1")
    await orders.report(TicketsFailed(number=order["confirmation_number"], reason="no font"))
    await reported(orders, order, "failed")
    status, problem, headers = await resend(orders, order)
    assert (status, problem["type"].rpartition(":")[2], headers["Retry-After"]) == (409, "not-ready", "600")


async def placed_minutes_ago(orders: Orders, order: Json) -> None:
    await orders.pool.execute(
        "UPDATE orders SET placed_at = placed_at - interval '5 minutes' WHERE number = $1", order["confirmation_number"]
    )


@pytest.mark.parametrize("tickets", ["pending", "issued"])
async def test_a_resend_is_taken_while_something_is_stuck_and_asks_for_the_same_mail_at_once(
    orders: Orders, order: Json, tickets: str
) -> None:
    if tickets == "issued":
        await orders.report(issued(order["confirmation_number"]))
        await reported(orders, order, "issued")
    told = await messages_to_tickets(orders)
    await placed_minutes_ago(orders, order)
    status, asked, _ = await resend(orders, order)

    assert (status, asked["fulfilment"]) == (202, {"tickets": tickets, "email": "pending"})
    again = (await until(told, 2))[1]
    assert (again.number, len(again.tickets)) == (order["confirmation_number"], 2)
    assert await orders.pool.fetchval("SELECT mail_revision FROM orders") == 1
    status, problem, _ = await resend(orders, order)
    assert (status, problem["type"].rpartition(":")[2]) == (429, "rate-limited")


async def test_a_report_made_again_is_no_news(orders: Orders, order: Json) -> None:
    number = order["confirmation_number"]
    for _ in range(3):
        await orders.report(issued(number))
        await orders.report(sent(order, "tickets"))
    await reported(orders, order, "issued", "sent")
    await orders.report(sent(order, "tickets", revision=2))

    async def all_followed() -> bool:
        states = await orders.bus.status(["orders.tickets-issued", "orders.email-sent"])
        return not any(state.ready or state.in_flight or state.waiting for state in states)

    await eventually(all_followed)
    async with connection(orders.pool) as held:
        names = [news.name for news in await store.news(held, number, 0)]
    assert names.count("tickets.issued") == 1
    assert names.count("email.sent") == 2


async def test_a_file_that_the_store_has_lost_is_asked_for_again_once(orders: Orders, order: Json) -> None:
    told = await messages_to_tickets(orders)
    await orders.report(issued(order["confirmation_number"]))
    await reported(orders, order, "issued")
    for _ in range(5):
        status, problem, headers = await orders.ask("GET", order["links"]["tickets_pdf"])
        assert (status, problem["type"].rpartition(":")[2], headers["Retry-After"]) == (409, "not-ready", "5")
    await until(told, 2)
    assert await orders.pool.fetchval("SELECT count(*) FROM outbox") == 0
    assert len(told) == 2


async def messages_to_tickets(orders: Orders) -> list[OrderPlaced]:
    """Grows with what tickets is told; the order itself has been by now."""
    found: list[OrderPlaced] = []

    async def take(delivery: Delivery) -> Verdict:
        found.append(read(OrderPlaced, delivery.message.body))
        return Done()

    await orders.bus.subscribe(Subscription("tickets.order-placed", (OrderPlaced.key,)), take)
    return await until(found, 1)


async def until(found: list[OrderPlaced], count: int) -> list[OrderPlaced]:
    async def there() -> bool:
        return len(found) >= count

    await eventually(there)
    return found


async def test_tickets_are_sent_again_once_a_minute_however_many_ask_at_once(orders: Orders, order: Json) -> None:
    await orders.report(issued(order["confirmation_number"]))
    await reported(orders, order, "issued")
    answers = await asyncio.gather(*(resend(orders, order) for _ in range(8)))

    assert sorted(status for status, _, _ in answers) == [202] + [429] * 7
    for status, problem, headers in answers:
        if status == 429:
            assert problem["type"].endswith(":rate-limited")
            assert 0 < int(headers["Retry-After"]) <= 60
    assert len(await messages_to_mailer(orders, OrderResendRequested)) == 1


async def test_where_buyers_can_not_send_again_the_organiser_still_can(orders: Orders, order: Json) -> None:
    await orders.report(issued(order["confirmation_number"]))
    await reported(orders, order, "issued")
    await set_flag(orders, "resend-by-buyer", Setting(False, (Rule(organiser=ORGANISER),)))

    async def refused() -> Any:
        status, problem, _ = await resend(orders, order)
        # Until the flag is followed it is one of the few mails that an order can ask for.
        await orders.pool.execute("DELETE FROM order_news WHERE name = 'order.resend-requested'")
        return status == 403 and problem

    problem = await eventually(refused)
    assert problem["type"].endswith(":forbidden")
    assert ORGANISER in problem["detail"]
    assert (await resend(orders, order, await orders.key()))[0] == 202
