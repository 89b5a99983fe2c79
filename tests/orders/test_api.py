"""The orders API from outside, over real HTTP and a real database."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.orders.organising import NewTicketType
from shared.messages import Buyer, EmailSent, EventDetails, StoredDocument, TicketsIssued, Venue, message
from shared.object_store import open_store
from tests.orders.builders import a_new_event, a_request
from tests.orders.conftest import Orders
from tests.servers.waiting import eventually

KEY = {"Idempotency-Key": "a-key-of-16-chars-or-more"}


async def place(orders: Orders, headers: dict[str, str] | None = None, **changes: Any) -> tuple[int, dict[str, Any]]:
    async with orders.client.post("/v1/orders", json=a_request(**changes), headers=headers) as response:
        return response.status, json.loads(await response.read())


async def available(orders: Orders, slug: str) -> int:
    found = await orders.pool.fetchval("SELECT available FROM ticket_types WHERE slug = $1", slug)
    assert isinstance(found, int)
    return found


def bearer(order: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {order['access_token']}"}


def line(kind: str = "general", quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"ticket_type": kind, "quantity": quantity} | more


def issued(number: str, key: str = "tickets/x.pdf") -> TicketsIssued:
    now = datetime.now(UTC)
    event = EventDetails("1", "s", "S", "", Venue("", ""), now, None, "UTC", "O")
    return TicketsIssued(
        number=number,
        event=event,
        buyer=Buyer("Ada", "ada@example.org"),
        locale="en",
        pdf=StoredDocument(key, 3, "0" * 64),
        tickets=2,
    )


async def test_an_order_is_answered_as_the_contract_says(orders: Orders) -> None:
    async with orders.client.post("/v1/orders", json=a_request()) as response:
        order = await response.json()
    assert response.status == 201
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", order["confirmation_number"])
    assert order["status"] == "confirmed"
    assert order["total"] == {"amount": 9000, "currency": "EUR"}
    assert order["fulfilment"] == {"tickets": "pending", "email": "pending"}
    assert order["event"]["slug"] == "summer-night"
    assert [attendee["name"] for attendee in order["lines"][0]["attendees"]] == ["Ada Lovelace", "Charles Babbage"]
    assert response.headers["Location"] == order["links"]["self"]
    assert response.headers["Cache-Control"] == "private, no-store"
    assert set(order["links"]) == {"self", "progress", "tickets_pdf", "page"}
    assert not any(order["access_token"] in link for link in order["links"].values())
    assert await available(orders, "general") == 98


async def test_order_tickets_and_message_are_one_commit(orders: Orders) -> None:
    _, order = await place(orders)
    row = await orders.pool.fetchrow("SELECT id, xmin FROM orders WHERE number = $1", order["confirmation_number"])
    assert row is not None
    tickets = await orders.pool.fetch("SELECT xmin FROM tickets WHERE order_id = $1", row["id"])
    assert [ticket["xmin"] for ticket in tickets] == [row["xmin"]] * 2
    # The bus is in the same database, and nobody serves tickets here: what was told is still there.
    messages = await orders.pool.fetch("SELECT xmin FROM bus.messages WHERE key = 'order.placed.v1'")
    assert [message["xmin"] for message in messages] == [row["xmin"]]


async def test_an_order_is_read_with_its_own_token_only(orders: Orders) -> None:
    _, mine = await place(orders)
    _, other = await place(orders)
    spoken = mine["confirmation_number"].lower().replace("-", "")
    async with orders.client.get(f"/v1/orders/{spoken}", headers=bearer(mine)) as response:
        read = await response.json()
    assert response.status == 200
    assert {name: read[name] for name in read if name != "links"} == {
        name: mine[name] for name in mine if name not in ("links", "access_token")
    }
    for path, headers, status in (
        (mine["links"]["self"], bearer(other), 404),
        ("/v1/orders/00000-00000", bearer(mine), 404),
        ("/v1/orders/nonsense", bearer(mine), 404),
        (mine["links"]["self"], {}, 401),
    ):
        async with orders.client.get(path, headers=headers) as response:
            assert (response.status, response.content_type) == (status, "application/problem+json")


async def test_unknown_and_not_yours_are_told_in_the_same_words(orders: Orders) -> None:
    _, order = await place(orders)
    bodies = []
    for number in (order["confirmation_number"], "00000-00000"):
        async with orders.client.get(f"/v1/orders/{number}", headers={"Authorization": "Bearer guess"}) as response:
            bodies.append({name: value for name, value in (await response.json()).items() if name != "instance"})
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"lines": [line(quantity=0)]}, ["/lines/0/quantity"]),
        ({"lines": [line(quantity=-1)]}, ["/lines/0/quantity"]),
        ({"lines": [line(quantity=10**9)]}, ["/lines/0/quantity"]),
        ({"lines": [line(quantity=5)]}, ["/lines/0/quantity"]),
        ({"lines": [line("nope")]}, ["/lines/0/ticket_type"]),
        ({"lines": [line(), line("abroad")]}, ["/lines/1/ticket_type"]),
        ({"lines": []}, ["/lines"]),
        ({"buyer": {"name": "A" * 400, "email": "ada@example.org"}}, ["/buyer/name"]),
        ({"buyer": {"name": "A\r\nBcc: x@y", "email": "ada@example.org"}}, ["/buyer/name"]),
        ({"buyer": {"name": "\ud83d", "email": "ada@example.org"}}, ["/buyer/name"]),
        ({"lines": [line("nope"), line(quantity=0), line(quantity=9)], "x": 1}, None),
    ],
)
async def test_bad_input_is_told_every_fault(
    orders: Orders, changes: dict[str, Any], pointers: list[str] | None
) -> None:
    status, problem = await place(orders, **changes)
    assert status == 422
    assert problem["type"].endswith("invalid")
    named = {error["pointer"] for error in problem["errors"]}
    expected = pointers or ["/lines/0/ticket_type", "/lines/1/quantity", "/lines/2/quantity", "/x"]
    assert named == set(expected)
    assert await available(orders, "general") == 100


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b'{"a": NaN}', b"[" * 60_000, b"\xff{}", b'{"a": ' + b"9" * 5000 + b"}"],
)
async def test_what_is_no_json_object_is_malformed(orders: Orders, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    async with orders.client.post("/v1/orders", data=body, headers=headers) as response:
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["type"].rpartition(":")[2]) == (400, "malformed")


async def test_too_large_a_body_and_another_type_are_refused(orders: Orders) -> None:
    huge = json.dumps({"event": "x" * 70_000}).encode()
    for data, kind, status in ((huge, "application/json", 413), (b"{}", "text/plain", 415)):
        async with orders.client.post("/v1/orders", data=data, headers={"Content-Type": kind}) as response:
            assert (response.status, response.content_type) == (status, "application/problem+json")


async def test_an_unknown_event_is_not_found_by_name(orders: Orders) -> None:
    status, problem = await place(orders, event="no-such-night")
    assert status == 404
    assert [error["pointer"] for error in problem["errors"]] == ["/event"]
    status, problem = await place(orders, event="\ud83d", lines=[line(quantity=0)])
    assert status == 422
    assert {error["pointer"] for error in problem["errors"]} == {"/event", "/lines/0/quantity"}


async def test_the_last_two_places_are_sold_once_whatever_the_race(orders: Orders) -> None:
    wanted = [place(orders, lines=[line("last-two")]) for _ in range(20)]
    answers = await asyncio.gather(*wanted)
    assert sorted(status for status, _ in answers) == [201] * 2 + [409] * 18
    assert await available(orders, "last-two") == 0
    refused = next(problem for status, problem in answers if status == 409)
    assert refused["type"].endswith("sold-out")
    assert list(refused["available"].values()) == [0]


async def test_nothing_is_sold_before_the_sale_begins(orders: Orders) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await orders.on_sale(a_new_event("early", NewTicketType("general", "G", 1, "EUR", 9, on_sale_from=tomorrow)))
    status, problem = await place(orders, event="early")
    assert (status, problem["type"].rpartition(":")[2]) == (409, "not-on-sale")


async def test_a_repeated_key_gives_the_first_answer_byte_for_byte(orders: Orders) -> None:
    async with orders.client.post("/v1/orders", json=a_request(), headers=KEY) as first:
        body = await first.read()
    async with orders.client.post("/v1/orders", json=a_request(), headers=KEY) as again:
        assert await again.read() == body
    assert (first.status, again.status) == (201, 201)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert await available(orders, "general") == 98


async def test_a_refusal_is_repeated_too(orders: Orders) -> None:
    refused = a_request(lines=[line("last-two", 3)])
    bodies = []
    for _ in range(2):
        async with orders.client.post("/v1/orders", json=refused, headers=KEY) as response:
            bodies.append((response.status, await response.read()))
    assert bodies[0] == bodies[1]
    assert bodies[0][0] == 409


async def test_a_key_with_another_body_is_refused(orders: Orders) -> None:
    await place(orders, headers=KEY)
    status, problem = await place(orders, headers=KEY, locale="de")
    assert (status, problem["type"].rpartition(":")[2]) == (422, "idempotency-mismatch")
    assert "confirmation_number" not in problem


async def test_repeats_at_the_same_time_make_one_order(orders: Orders) -> None:
    answers = await asyncio.gather(*(place(orders, headers=KEY) for _ in range(10)))
    assert {status for status, _ in answers} <= {201, 409}
    assert {problem["type"].rpartition(":")[2] for status, problem in answers if status == 409} <= {
        "idempotency-conflict"
    }
    assert len({order["confirmation_number"] for status, order in answers if status == 201}) == 1
    assert await available(orders, "general") == 98


@pytest.mark.parametrize("key", ["short", "x" * 256, "key with a tab\tinside"])
async def test_a_key_of_the_wrong_shape_is_refused(orders: Orders, key: str) -> None:
    status, _ = await place(orders, headers={"Idempotency-Key": key})
    assert status == 422


async def test_events_are_listed_a_page_at_a_time(orders: Orders) -> None:
    for place_in_list in range(4):
        await orders.on_sale(a_new_event(f"night-{place_in_list}"))
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        async with orders.client.get("/v1/events", params={"limit": "2", "cursor": cursor}) as response:
            page = await response.json()
        assert response.headers["Cache-Control"] == "public, max-age=60"
        seen += [event["slug"] for event in page["data"]]
        cursor = page["next"]
    assert sorted(seen) == ["night-0", "night-1", "night-2", "night-3", "summer-night"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=%D9%A3", "cursor=x", "cursor=%00&limit=-1"]
)
async def test_a_page_that_can_not_be_is_told_why(orders: Orders, query: str) -> None:
    async with orders.client.get(f"/v1/events?{query}") as response:
        problem = await response.json(content_type="application/problem+json")
    assert response.status == 422
    assert len(problem["errors"]) == query.count("=")


async def test_an_event_is_cached_by_its_etag(orders: Orders) -> None:
    async with orders.client.get("/v1/events/summer-night") as response:
        event = await response.json()
    etag = response.headers["ETag"]
    assert etag.startswith('"')
    assert [kind["slug"] for kind in event["ticket_types"]] == ["general", "abroad", "last-two"]
    async with orders.client.get(f"/v1/events/{event['id']}", headers={"If-None-Match": etag}) as again:
        assert (again.status, await again.read()) == (304, b"")


@pytest.mark.parametrize("ref", ["no-such", "%00", "%ED%A0%80", "../x", "x" * 3000])
async def test_an_event_that_is_not_there_is_not_found(orders: Orders, ref: str) -> None:
    async with orders.client.get(f"/v1/events/{ref}") as response:
        assert (response.status, response.content_type) == (404, "application/problem+json")


async def test_progress_tells_what_happens_until_nothing_more_comes(orders: Orders) -> None:
    _, order = await place(orders)
    number = order["confirmation_number"]
    async with orders.client.get(order["links"]["progress"]) as stream:
        assert stream.content_type == "text/event-stream"
        await stream.content.readuntil(b"\n\n")
        await orders.report(issued(number))
        assert b"event: tickets.issued" in await stream.content.readuntil(b"\n\n")
        await orders.report(EmailSent(number=number, template="tickets", recipient="ada@example.org"))
        rest = (await stream.content.read()).decode()
    assert "event: email.sent" in rest
    assert "ada@example.org" not in rest
    identity = int(re.findall(r"id: (\d+)", rest)[-1])
    headers = {"Last-Event-ID": str(identity - 1)}
    async with orders.client.get(order["links"]["progress"], headers=headers) as stream:
        assert re.findall(r"event: (\S+)", (await stream.read()).decode()) == ["email.sent"]
    async with orders.client.get(order["links"]["self"], headers=bearer(order)) as response:
        assert (await response.json())["fulfilment"] == {"tickets": "issued", "email": "sent"}


async def test_the_same_report_twice_is_told_once(orders: Orders) -> None:
    _, order = await place(orders)
    twice = message(issued(order["confirmation_number"]), source="tickets")
    assert await orders.bus.publish([twice]) == await orders.bus.publish([twice]) == [None]

    async def both_handled() -> bool:
        (status,) = await orders.bus.status(["orders.tickets-issued"])
        return not (status.ready or status.in_flight or status.waiting)

    await eventually(both_handled)
    assert await orders.pool.fetchval("SELECT count(*) FROM order_news WHERE name = 'tickets.issued'") == 1


async def test_tickets_are_downloaded_once_they_are_there(orders: Orders) -> None:
    _, order = await place(orders)
    link = order["links"]["tickets_pdf"]
    async with orders.client.get(link) as response:
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["type"].rpartition(":")[2], response.headers["Retry-After"]) == (
        409,
        "not-ready",
        "1",
    )
    await open_store((orders.data / "store").as_uri()).put("tickets/x.pdf", b"PDF")
    await orders.report(issued(order["confirmation_number"]))
    await orders.report(EmailSent(number=order["confirmation_number"], template="tickets", recipient="a"))
    async with orders.client.get(order["links"]["progress"]) as stream:
        await stream.read()
    async with orders.client.get(link) as response:
        assert (response.content_type, await response.read()) == ("application/pdf", b"PDF")


async def test_a_signed_link_is_good_for_its_own_thing_only(orders: Orders) -> None:
    _, order = await place(orders)
    signature = order["links"]["progress"].partition("sig=")[2]
    number = order["confirmation_number"]
    for path in (f"/v1/orders/{number}/tickets.pdf", f"/v1/orders/{number}"):
        async with orders.client.get(path, params={"sig": signature}) as response:
            assert response.status == 401


async def test_any_page_may_call_and_read_what_it_needs(orders: Orders) -> None:
    origin = {"Origin": "https://shop.example"}
    ask = origin | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"}
    async with orders.client.options("/v1/orders", headers=ask) as preflight:
        assert preflight.status == 204
    assert "Idempotency-Key" in preflight.headers["Access-Control-Allow-Headers"]
    async with orders.client.post("/v1/orders", json=a_request(), headers=origin) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Idempotent-Replayed" in response.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in response.headers


async def test_a_wrong_method_says_which_are_right(orders: Orders) -> None:
    async with orders.client.delete("/v1/orders") as response:
        assert (response.status, response.content_type) == (405, "application/problem+json")
        assert response.headers["Allow"] == "POST"


async def test_health_is_told(orders: Orders) -> None:
    for path in ("/healthz", "/readyz"):
        async with orders.client.get(path) as response:
            assert response.status == 200


async def test_a_service_that_has_yet_to_start_misses_nothing(orders: Orders) -> None:
    await place(orders)
    await orders.report(issued("7K2MX-Q4P9D"))
    waiting = {status.queue: status.ready for status in await orders.bus.status(["mailer.tickets-issued"])}
    assert waiting == {"mailer.tickets-issued": 1}
