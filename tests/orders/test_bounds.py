"""What is accepted can be carried through to the end: bounds at the door, and answers made before the commit."""

from typing import Any

import pytest

from services.orders import answers
from shared.values.orders import MAX_LINES, MAX_PLACES
from tests.orders.conftest import Orders
from tests.orders.test_api import line, place
from tests.orders.test_editing import create, key
from tests.orders.test_event_requests import EVENT, KIND

__all__ = ["key"]

Headers = dict[str, str]


@pytest.mark.parametrize("year", ["0001", "1969", "2200", "9999"])
async def test_no_time_beyond_1970_to_2199_is_taken_for_anything(orders: Orders, key: Headers, year: str) -> None:
    at = f"{year}-12-31T23:59:59Z"
    wish = EVENT | {"starts_at": at, "ends_at": at, "ticket_types": [KIND | {"on_sale_from": at, "on_sale_until": at}]}
    status, problem, _ = await orders.ask("POST", "/v1/events", key, json=wish)
    assert status == 422
    assert {error["pointer"] for error in problem["errors"]} == {
        *("/starts_at", "/ends_at"),
        *("/ticket_types/0/on_sale_from", "/ticket_types/0/on_sale_until"),
    }
    made = await create(orders, key)
    for path, name in (("", "starts_at"), ("", "ends_at"), ("/ticket-types/general", "on_sale_from")):
        status, problem, _ = await orders.ask("PATCH", f"/v1/events/{made['id']}{path}", key, json={name: at})
        assert (status, [error["pointer"] for error in problem["errors"]]) == (422, [f"/{name}"])
    _, mine, _ = await orders.ask("GET", "/v1/events", key)
    assert [one["starts_at"] for one in mine["data"] if one["id"] == made["id"]] == [made["starts_at"]]


async def test_an_order_of_200_places_is_taken_and_one_more_is_not(orders: Orders, key: Headers) -> None:
    kind = KIND | {"max_per_order": MAX_PLACES, "capacity": 1000}
    made = await create(orders, key, ticket_types=[kind, kind | {"name": "Balcony"}])
    assert (await orders.ask("POST", f"/v1/events/{made['id']}/publish", key))[0] == 200
    status, _ = await place(orders, event=made["slug"], lines=[line("general", 199), line("balcony", 1)])
    assert status == 201
    for lines, pointers in (
        ([line("general", 201)], {"/lines/0/quantity"}),
        ([line("general", 200), line("balcony", 1)], {"/lines"}),
        ([line("general", 1)] * (MAX_LINES + 1), {"/lines"}),
    ):
        status, problem = await place(orders, event=made["slug"], lines=lines)
        assert status == 422
        assert {error["pointer"] for error in problem["errors"]} == pointers
    wish = {"max_per_order": MAX_PLACES + 1}
    status, problem, _ = await orders.ask("PATCH", f"/v1/events/{made['id']}/ticket-types/general", key, json=wish)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/max_per_order")


async def test_a_type_of_an_older_version_is_bounded_too_and_can_be_edited(orders: Orders, key: Headers) -> None:
    await orders.pool.execute("UPDATE ticket_types SET max_per_order = 1000, capacity = 5000, available = 5000")
    _, shown, _ = await orders.ask("GET", "/v1/events/summer-night", key)
    assert {kind["max_per_order"] for kind in shown["ticket_types"]} == {MAX_PLACES}
    assert (await place(orders, lines=[line("general", MAX_PLACES + 1)]))[0] == 422
    path = "/v1/events/summer-night/ticket-types/general"
    assert (await orders.ask("PATCH", path, key, json={"capacity": 6000}))[0] == 200


@pytest.mark.parametrize("name", ["\u200b", "\ufeff", "\u3164", "\u2800", "\u200d\ufe0f \u3164"])
async def test_a_name_that_nobody_sees_is_refused_for_a_buyer_a_guest_and_an_event(
    orders: Orders, key: Headers, name: str
) -> None:
    lines = [line(attendees=[{"name": name}])]
    status, problem = await place(orders, buyer={"name": name, "email": "ada@example.org"}, lines=lines)
    assert status == 422
    assert {error["pointer"] for error in problem["errors"]} == {"/buyer/name", "/lines/0/attendees/0/name"}
    wish = EVENT | {"name": name, "ticket_types": [KIND | {"name": name}], "venue": {"name": name, "address": name}}
    status, problem, _ = await orders.ask("POST", "/v1/events", key, json=wish)
    assert {error["pointer"] for error in problem["errors"]} == {"/name", "/ticket_types/0/name"}
    assert (await create(orders, key, venue={"name": name}))["venue"]["name"] == ""


async def test_an_address_that_the_mailer_could_not_write_to_is_refused(orders: Orders) -> None:
    for local, expected in (("a" * 64, 201), ("a" * 65, 422), ("A" * 65, 422)):
        assert (await place(orders, buyer={"name": "Ada", "email": f"{local}@example.org"}))[0] == expected


async def test_an_edit_that_can_not_be_answered_leaves_nothing_behind(
    orders: Orders, key: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await create(orders, key)

    def broken(*_: Any) -> Any:
        raise OverflowError

    with monkeypatch.context() as patched:
        patched.setattr(answers, "owned_event", broken)
        patched.setattr(answers, "ticket_type", broken)
        path, kinds = f"/v1/events/{made['id']}", f"/v1/events/{made['id']}/ticket-types"
        for method, to, wish in (
            ("POST", "/v1/events", EVENT | {"name": "Never"}),
            ("PATCH", path, {"name": "Never"}),
            ("POST", path + "/publish", {}),
            ("POST", kinds, KIND | {"name": "Never"}),
            ("PATCH", kinds + "/general", {"name": "Never"}),
        ):
            assert (await orders.ask(method, to, key, json=wish))[0] == 500
    _, now, _ = await orders.ask("GET", path, key)
    assert now == made
    assert await orders.pool.fetchval("SELECT count(*) FROM events WHERE name = 'Never'") == 0


async def test_an_order_that_can_not_be_answered_is_not_cancelled(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, order = await place(orders)
    token = {"Authorization": f"Bearer {order['access_token']}"}
    path = f"/v1/orders/{order['confirmation_number']}"

    def broken(*_: Any) -> Any:
        raise OverflowError

    with monkeypatch.context() as patched:
        patched.setattr(answers, "event_summary", broken)
        assert (await orders.ask("POST", path + "/cancel", token))[0] == 500
    assert (await orders.ask("GET", path, token))[1]["status"] == "confirmed"
