"""Every kind of problem of the contract, as a client meets it, and what HTTP asks for beside them."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from yarl import URL

from services.orders.organising import NewTicketType
from tests.orders.builders import a_new_event, a_request
from tests.orders.conftest import Orders
from tests.orders.test_batching import types_locked, waiting_for_a_lock

JSON = {"Content-Type": "application/json"}
KEY = {"Idempotency-Key": "a-key-of-16-chars-or-more"}
# 64 KiB to the byte.
LARGEST = json.dumps(a_request()).encode().ljust(65_536)


async def refused(orders: Orders, slug: str, method: str, path: str, **more: Any) -> tuple[int, Any, Mapping[str, str]]:
    """The answer, which has all that a problem has, and is of this kind."""
    status, problem, headers = await orders.ask(method, path, **more)
    assert headers["Content-Type"].startswith("application/problem+json")
    assert problem["type"] == f"urn:boxoffice:problem:{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"].endswith(".")
    assert problem["instance"] == path.partition("?")[0]
    assert "no-store" in headers["Cache-Control"] or status == 404
    return status, problem, headers


async def test_a_body_that_is_no_json_object_is_malformed(orders: Orders) -> None:
    assert (await refused(orders, "malformed", "POST", "/v1/orders", data=b"{", headers=JSON))[0] == 400


async def test_wrong_input_is_invalid_and_every_fault_is_named(orders: Orders) -> None:
    lines = [{"ticket_type": "general", "quantity": 0}, {"ticket_type": "nope", "quantity": 1}]
    wish = a_request(lines=lines, colour="red", buyer={"name": "", "email": "ada"})
    status, problem, _ = await refused(orders, "invalid", "POST", "/v1/orders", json=wish)
    assert status == 422
    named = {error["pointer"] for error in problem["errors"]}
    assert named == {"/lines/0/quantity", "/lines/1/ticket_type", "/colour", "/buyer/name", "/buyer/email"}


async def test_what_is_not_there_and_what_is_not_yours_is_not_found(orders: Orders) -> None:
    _, order, _ = await orders.ask("POST", "/v1/orders", json=a_request())
    guess = {"Authorization": "Bearer guess"}
    for path in ("/v1/orders/00000-00000", f"/v1/orders/{order['confirmation_number']}", "/v1/nothing", "/v1/events/x"):
        assert (await refused(orders, "not-found", "GET", path, headers=guess))[0] == 404


async def test_no_credentials_are_unauthorized_and_too_few_rights_forbidden(orders: Orders) -> None:
    event = a_new_event("another")
    body = {"name": event.name, "starts_at": "2027-07-14T18:00:00Z", "timezone": "Europe/Berlin"}
    status, _, headers = await refused(orders, "unauthorized", "POST", "/v1/events", json=body)
    assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
    reader = await orders.key("Lakeside Concerts", "read")
    assert (await refused(orders, "forbidden", "POST", "/v1/events", json=body, headers=reader))[0] == 403


async def test_too_few_left_is_sold_out_and_says_how_many(orders: Orders) -> None:
    wish = a_request(lines=[{"ticket_type": "last-two", "quantity": 3}])
    status, problem, _ = await refused(orders, "sold-out", "POST", "/v1/orders", json=wish)
    assert (status, list(problem["available"].values())) == (409, [2])


async def test_outside_its_window_a_type_is_not_on_sale(orders: Orders) -> None:
    now = datetime.now(UTC)
    before = NewTicketType("general", "G", 1, "EUR", 9, on_sale_from=now + timedelta(days=1))
    after = NewTicketType("general", "G", 1, "EUR", 9, on_sale_until=now - timedelta(days=1))
    for slug, kind in (("early", before), ("late", after)):
        await orders.on_sale(a_new_event(slug, kind))
        assert (await refused(orders, "not-on-sale", "POST", "/v1/orders", json=a_request(slug)))[0] == 409


async def test_a_key_in_use_conflicts_until_its_answer_is_there(orders: Orders) -> None:
    async with types_locked(orders.pool):
        first = asyncio.create_task(orders.ask("POST", "/v1/orders", json=a_request(), headers=KEY))
        await waiting_for_a_lock(orders.pool)
        again = await refused(orders, "idempotency-conflict", "POST", "/v1/orders", json=a_request(), headers=KEY)
        assert (again[0], again[2]["Retry-After"]) == (409, "1")
    assert (await first)[0] == 201


async def test_a_key_with_another_body_is_a_mismatch(orders: Orders) -> None:
    await orders.ask("POST", "/v1/orders", json=a_request(), headers=KEY)
    other = a_request(locale="de")
    assert (await refused(orders, "idempotency-mismatch", "POST", "/v1/orders", json=other, headers=KEY))[0] == 422


async def test_64_kib_are_taken_and_a_byte_more_is_too_large(orders: Orders) -> None:
    status, _, _ = await orders.ask("POST", "/v1/orders", data=LARGEST, headers=JSON)
    assert status == 201
    more = LARGEST + b" "
    assert (await refused(orders, "too-large", "POST", "/v1/orders", data=more, headers=JSON))[0] == 413


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {"Content-Type": "application/xml"}, {}])
async def test_anything_but_json_is_an_unsupported_media_type(orders: Orders, headers: dict[str, str]) -> None:
    told = await refused(orders, "unsupported-media-type", "POST", "/v1/orders", data=b"{}", headers=headers)
    assert told[0] == 415


async def test_a_wrong_method_says_which_are_right(orders: Orders) -> None:
    for path, allowed in (("/v1/orders", {"POST"}), ("/v1/events", {"GET", "HEAD", "POST"})):
        status, _, headers = await refused(orders, "method-not-allowed", "DELETE", path)
        assert (status, set(headers["Allow"].replace(" ", "").split(","))) == (405, allowed)


async def test_options_tells_the_methods(orders: Orders) -> None:
    async with orders.client.options("/v1/orders") as response:
        assert (response.status, response.headers["Allow"]) == (204, "OPTIONS, POST")
    async with orders.client.options("/v1/nothing") as response:
        assert response.status == 404


async def test_head_is_answered_as_get_is_without_the_body(orders: Orders) -> None:
    async with orders.client.get("/v1/events/summer-night") as read:
        body = await read.read()
    async with orders.client.head("/v1/events/summer-night") as head:
        assert (head.status, head.headers["ETag"], await head.read()) == (200, read.headers["ETag"], b"")
        assert int(head.headers["Content-Length"]) == len(body)
    async with orders.client.head("/v1/events/nothing") as head:
        assert (head.status, head.content_type) == (404, "application/problem+json")


async def test_a_slash_too_many_is_another_address_and_unknown_parameters_are_none(orders: Orders) -> None:
    await refused(orders, "not-found", "GET", "/v1/events/")
    assert (await orders.ask("GET", "/v1/events?utm_source=mail&limit=1"))[0] == 200


async def test_an_address_is_read_as_it_is_meant_however_it_is_encoded(orders: Orders) -> None:
    _, order, _ = await orders.ask("POST", "/v1/orders", json=a_request())
    number, token = order["confirmation_number"], {"Authorization": f"Bearer {order['access_token']}"}
    for written in (number.replace("-", "%2D"), number.lower(), "%20" + number):
        path = URL(f"/v1/orders/{written}", encoded=True)
        async with orders.client.get(path, headers=token) as response:
            assert (response.status, (await response.json())["confirmation_number"]) == (200, number)
    async with orders.client.get(URL("/v1/events/summer%2Fnight", encoded=True)) as response:
        assert response.status == 404


async def test_whatever_may_be_asked_from_another_page_may_be_read_there_errors_too(orders: Orders) -> None:
    origin = {"Origin": "https://shop.example"}
    for path in ("/v1/events", "/v1/nothing", "/v1/orders/00000-00000"):
        async with orders.client.get(path, headers=origin) as response:
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert "Access-Control-Allow-Credentials" not in response.headers
