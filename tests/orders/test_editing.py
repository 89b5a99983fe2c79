"""Events made and changed by their organiser, over real HTTP."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.bus import Delivery, Done, Subscription, Verdict
from shared.messages import EventChanged, read
from tests.orders.builders import a_request
from tests.orders.conftest import Orders
from tests.orders.test_event_requests import EVENT, KIND
from tests.servers.waiting import eventually

Headers = dict[str, str]


@pytest.fixture
async def key(orders: Orders) -> Headers:
    return await orders.key()


async def create(orders: Orders, key: Headers, **changes: Any) -> dict[str, Any]:
    status, event, _ = await orders.ask("POST", "/v1/events", key, json=EVENT | changes)
    assert status == 201, event
    assert isinstance(event, dict)
    return event


async def buy(orders: Orders, event: str, quantity: int = 1) -> int:
    wish = a_request(event, lines=[{"ticket_type": "general", "quantity": quantity}])
    status, _, _ = await orders.ask("POST", "/v1/orders", json=wish)
    return status


async def hearing(orders: Orders) -> list[EventChanged]:
    """Filled with what the others are told from now on."""
    facts: list[EventChanged] = []

    async def hear(delivery: Delivery) -> Verdict:
        facts.append(read(EventChanged, delivery.message.body))
        return Done()

    await orders.bus.subscribe(Subscription("tests.event-changed", (EventChanged.key,), concurrency=1), hear)
    return facts


async def test_a_new_event_is_seen_by_its_organiser_until_it_is_published(orders: Orders, key: Headers) -> None:
    status, event, headers = await orders.ask("POST", "/v1/events", key, json=EVENT)
    assert status == 201
    assert headers["Location"].endswith(f"/v1/events/{event['id']}")
    assert headers["Cache-Control"] == "private, no-store"
    assert (event["slug"], event["published_at"], event["organiser"]) == (
        "winter-ball",
        None,
        {"name": "Lakeside Concerts"},
    )
    assert event["ticket_types"][0]["available"] == 100
    for ref in (event["id"], "winter-ball"):
        assert (await orders.ask("GET", f"/v1/events/{ref}"))[0] == 404
        status, seen, headers = await orders.ask("GET", f"/v1/events/{ref}", key)
        assert (status, seen, headers["Cache-Control"]) == (200, event, "private, no-store")
    assert await buy(orders, "winter-ball") == 409

    status, published, _ = await orders.ask("POST", "/v1/events/winter-ball/publish", key)
    assert (status, bool(published["published_at"])) == (200, True)
    assert (await orders.ask("POST", "/v1/events/winter-ball/publish", key))[1] == published, (
        "once more changes nothing"
    )

    status, public, _ = await orders.ask("GET", "/v1/events/winter-ball")
    assert status == 200, "at once, though it was looked for in vain before"
    assert "published_at" not in public
    assert "winter-ball" in [one["slug"] for one in (await orders.ask("GET", "/v1/events"))[1]["data"]]
    assert await buy(orders, "winter-ball") == 201

    status, taken_off, _ = await orders.ask("POST", "/v1/events/winter-ball/unpublish", key)
    assert (status, taken_off["published_at"]) == (200, None)
    assert (await orders.ask("GET", "/v1/events/winter-ball"))[0] == 404
    assert await buy(orders, "winter-ball") == 409


async def test_a_list_with_a_key_is_of_its_own_events_page_by_page(orders: Orders, key: Headers) -> None:
    other = await orders.key("Hillside")
    await create(orders, other, name="Another's", starts_at="2027-01-01T00:00:00Z")
    mine = [(await create(orders, key, starts_at=f"2027-02-0{day}T00:00:00Z"))["id"] for day in (3, 1, 2)]
    found, path = list[str](), "/v1/events?limit=2"
    while path:
        _, page, headers = await orders.ask("GET", path, key)
        found += [event["id"] for event in page["data"]]
        path = page["next"] and f"/v1/events?limit=2&cursor={page['next']}"
        assert headers["Cache-Control"] == "private, no-store"
    assert [identity for identity in found if identity in mine] == [mine[1], mine[2], mine[0]]
    assert len(found) == 4, "with the one that is on sale"
    assert [event["name"] for event in (await orders.ask("GET", "/v1/events", other))[1]["data"]] == ["Another's"]


async def test_a_slug_is_made_unique_unless_it_was_chosen(orders: Orders, key: Headers) -> None:
    assert [(await create(orders, key))["slug"] for _ in range(3)] == ["winter-ball", "winter-ball-2", "winter-ball-3"]
    together = await asyncio.gather(*(create(orders, key, name="At once") for _ in range(8)))
    assert len({event["slug"] for event in together}) == 8
    status, problem, _ = await orders.ask("POST", "/v1/events", key, json=EVENT | {"slug": "summer-night"})
    assert (status, [error["pointer"] for error in problem["errors"]]) == (422, ["/slug"])
    status, problem, _ = await orders.ask("PATCH", "/v1/events/winter-ball", key, json={"slug": "summer-night"})
    assert (status, [error["pointer"] for error in problem["errors"]]) == (422, ["/slug"])


async def test_a_patch_changes_what_it_names(orders: Orders, key: Headers) -> None:
    event = await create(orders, key, ends_at="2028-01-01T05:00:00+01:00", venue={"name": "Hofburg", "address": "Wien"})
    patch: dict[str, Any] = {"name": "Spring Ball", "venue": {"address": None}, "ends_at": None}
    headers = key | {"Content-Type": "application/merge-patch+json"}
    status, changed, _ = await orders.ask("PATCH", f"/v1/events/{event['id']}", headers, json=patch)
    assert status == 200
    expected = {"name": "Spring Ball", "venue": {"name": "Hofburg", "address": ""}, "ends_at": None}
    assert changed == event | expected
    assert (await orders.ask("GET", f"/v1/events/{event['slug']}", key))[1] == changed


async def test_a_patch_is_judged_by_what_it_makes_of_the_event(orders: Orders, key: Headers) -> None:
    event = await create(orders, key, ends_at="2028-01-01T05:00:00+01:00")
    patch: dict[str, Any] = {"starts_at": "2028-02-01T00:00:00Z", "timezone": None, "x": 1, "ticket_types": []}
    status, problem, _ = await orders.ask("PATCH", f"/v1/events/{event['id']}", key, json=patch)
    assert status == 422
    assert {error["pointer"] for error in problem["errors"]} == {"/ends_at", "/timezone", "/x", "/ticket_types"}
    assert (await orders.ask("GET", f"/v1/events/{event['id']}", key))[1] == event
    for body in ("[]", "null", "7", "{"):
        headers = key | {"Content-Type": "application/merge-patch+json"}
        assert (await orders.ask("PATCH", f"/v1/events/{event['id']}", headers, data=body))[0] == 400


async def test_of_two_edits_of_one_state_the_second_is_refused(orders: Orders, key: Headers) -> None:
    event = await create(orders, key)
    path = f"/v1/events/{event['id']}"
    _, _, read_with = await orders.ask("GET", path, key)
    state = {"If-Match": read_with["ETag"]}
    first, second = await asyncio.gather(
        orders.ask("PATCH", path, key | state, json={"name": "One"}),
        orders.ask("PATCH", path, key | state, json={"name": "Other"}),
    )
    assert sorted([first[0], second[0]]) == [200, 412]
    won, lost = sorted([first, second], key=lambda answer: answer[0])
    assert (await orders.ask("GET", path, key))[1]["name"] == won[1]["name"]
    assert lost[1]["type"].endswith("precondition-failed")
    assert lost[2]["ETag"] == won[2]["ETag"] != read_with["ETag"]
    general = f"{path}/ticket-types/general"
    for method, at, body in (
        ("PATCH", general, {"capacity": 5}),
        ("POST", f"{path}/ticket-types", KIND),
        ("POST", f"{path}/publish", None),
        ("PATCH", path, {}),
    ):
        assert (await orders.ask(method, at, key | state, json=body))[0] == 412
        assert (await orders.ask(method, at, key | {"If-Match": "nonsense"}, json=body))[0] == 412
    for match in (won[2]["ETag"], f'"7", {won[2]["ETag"]}', "*"):
        status, _, headers = await orders.ask("PATCH", path, key | {"If-Match": match}, json={"name": won[1]["name"]})
        assert (status, headers["ETag"]) == (200, won[2]["ETag"]), "nothing changed"


async def test_ticket_types_are_added_and_changed(orders: Orders, key: Headers) -> None:
    event = await create(orders, key)
    path = f"/v1/events/{event['id']}/ticket-types"
    status, added, headers = await orders.ask("POST", path, key, json=KIND | {"name": "Late", "capacity": 5})
    assert (status, added["slug"], added["available"]) == (201, "late", 5)
    assert (await orders.ask("GET", urlsplit(headers["Location"]).path, key))[1] == added
    patch: dict[str, Any] = {
        "price": {"amount": 100},
        "max_per_order": 2,
        "on_sale_from": "2027-01-01T00:00:00Z",
        "slug": "later",
    }
    status, changed, _ = await orders.ask("PATCH", f"{path}/{added['id']}", key, json=patch)
    assert status == 200
    assert changed == added | patch | {"price": {"amount": 100, "currency": "EUR"}}
    assert [
        kind["slug"] for kind in (await orders.ask("GET", f"/v1/events/{event['id']}", key))[1]["ticket_types"]
    ] == [
        "general",
        "later",
    ]
    for body in ({"slug": "general"}, {"name": None}, {"capacity": "many"}, {"available": 1}):
        assert (await orders.ask("PATCH", f"{path}/later", key, json=body))[0] == 422
    assert (await orders.ask("POST", path, key, json=KIND | {"slug": "later"}))[0] == 422
    assert (await orders.ask("PATCH", f"{path}/none", key, json={}))[0] == 404
    assert (await orders.ask("GET", f"{path}/none", key))[0] == 404


async def test_a_capacity_can_not_go_below_what_is_sold(orders: Orders, key: Headers) -> None:
    general = "/v1/events/summer-night/ticket-types/general"
    assert await buy(orders, "summer-night", 3) == 201
    status, problem, _ = await orders.ask("PATCH", general, key, json={"capacity": 2, "price": {"currency": "CHF"}})
    assert status == 422
    assert {error["pointer"] for error in problem["errors"]} == {"/capacity", "/price/currency"}
    status, kind, _ = await orders.ask("PATCH", general, key, json={"capacity": 3})
    assert (status, kind["capacity"], kind["available"]) == (200, 3, 0)
    assert await buy(orders, "summer-night") == 409
    status, kind, _ = await orders.ask("PATCH", general, key, json={"capacity": 4})
    assert (status, kind["capacity"], kind["available"]) == (200, 4, 1)
    assert await buy(orders, "summer-night") == 201


async def test_buying_and_editing_at_once_leaves_the_books_balanced(orders: Orders, key: Headers) -> None:
    general = "/v1/events/summer-night/ticket-types/general"
    edits = [orders.ask("PATCH", general, key, json={"capacity": capacity}) for capacity in (20, 90, 10, 15, 40)]
    bought, edited = await asyncio.gather(
        asyncio.gather(*[buy(orders, "summer-night") for _ in range(60)]), asyncio.gather(*edits)
    )
    assert set(bought) <= {201, 409}
    assert {status for status, _, _ in edited} <= {200, 422}
    row = await orders.pool.fetchrow(
        "SELECT capacity, available, (SELECT count(*) FROM tickets WHERE ticket_type_id = t.id) AS sold "
        "FROM ticket_types t WHERE slug = 'general'"
    )
    assert row is not None
    assert row["sold"] == row["capacity"] - row["available"] == bought.count(201)


async def test_others_hear_of_what_buyers_see(orders: Orders, key: Headers) -> None:
    facts, event = await hearing(orders), await create(orders, key)
    path = f"/v1/events/{event['id']}"
    await orders.ask("PATCH", path, key, json={"name": "Still a secret"})
    await orders.ask("POST", f"{path}/publish", key)
    await orders.ask("PATCH", path, key, json={"name": "Told", "venue": {"name": "Hall"}})
    await orders.ask("PATCH", path, key, json={"name": "Told"})
    await orders.ask("PATCH", f"{path}/ticket-types/general", key, json={"capacity": 7})
    await orders.ask("POST", f"{path}/unpublish", key)
    await orders.ask("PATCH", path, key, json={"name": "A secret again"})

    async def heard() -> bool:
        return len(facts) >= 4

    # Of what nobody may hear of nothing was sent: the four that follow it came first.
    await eventually(heard)
    facts.sort(key=lambda fact: fact.version)
    assert [(fact.changed, fact.published) for fact in facts] == [
        (("published",), True),
        (("name", "venue"), True),
        (("ticket_types",), True),
        (("published",), False),
    ]
    assert [fact.event.name for fact in facts] == ["Still a secret", "Told", "Told", "Told"]
    assert facts[2].ticket_types[0].capacity == 7
    versions = [fact.version for fact in facts]
    assert versions == sorted(set(versions))


@pytest.mark.parametrize(
    ("rights", "method", "path", "status"),
    [
        ("read", "POST", "/v1/events", 403),
        ("read", "PATCH", "/v1/events/summer-night", 403),
        ("read", "POST", "/v1/events/summer-night/publish", 403),
        ("write", "GET", "/v1/events", 403),
        ("check-in", "GET", "/v1/events/summer-night", 403),
        (None, "POST", "/v1/events", 401),
        (None, "POST", "/v1/events/summer-night/unpublish", 401),
    ],
)
async def test_a_key_does_what_it_has_the_right_to(
    orders: Orders, rights: Any, method: str, path: str, status: int
) -> None:
    headers = await orders.key("Lakeside Concerts", rights) if rights else {}
    answer, problem, _ = await orders.ask(method, path, headers, json=EVENT if method != "GET" else None)
    assert (answer, problem["type"].rpartition(":")[2]) == (status, "forbidden" if status == 403 else "unauthorized")
