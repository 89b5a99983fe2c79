"""Webhooks as their organiser manages them, over real HTTP."""

import asyncio
from base64 import b64decode
from typing import Any

import pytest

from services.orders.store import webhook_deliveries as store
from services.orders.webhooks.api import MAX_WEBHOOKS, WebhooksApi
from services.orders.webhooks.log_api import WebhookLogApi
from services.orders.webhooks.telling import TYPES
from shared.database import connection
from shared.identifiers import uuid7
from tests.orders.conftest import Orders

Headers = dict[str, str]
WISH = {"url": "https://example.org/hook", "messages": ["order.placed"]}


@pytest.fixture
async def key(orders: Orders) -> Headers:
    return await orders.key()


async def create(orders: Orders, key: Headers, **changes: Any) -> dict[str, Any]:
    status, webhook, _ = await orders.ask("POST", "/v1/webhooks", key, json=WISH | changes)
    assert status == 201, webhook
    assert isinstance(webhook, dict)
    return webhook


async def change(orders: Orders, key: Headers, webhook: dict[str, Any], **changes: Any) -> tuple[int, Any]:
    return (await orders.ask("PATCH", f"/v1/webhooks/{webhook['id']}", key, json=changes))[:2]


async def owe(orders: Orders, count: int, kind: str = "order.placed") -> None:
    event = await orders.pool.fetchval("SELECT id FROM events WHERE slug = 'summer-night'")
    async with connection(orders.pool) as held:
        for _ in range(count):
            await store.owe(held, uuid7(), kind, b"{}", event=event, order=None)


async def test_a_webhook_is_made_and_its_secret_shown_once(orders: Orders, key: Headers) -> None:
    wish = WISH | {"description": " The shop ", "messages": ["order.placed", "email.bounced", "order.placed"]}
    status, made, headers = await orders.ask("POST", "/v1/webhooks", key, json=wish)
    assert status == 201
    assert headers["Location"].endswith(f"/v1/webhooks/{made['id']}")
    assert headers["Cache-Control"] == "private, no-store"
    assert made.pop("secret").startswith("whsec_")
    assert made["created_at"].endswith("Z")
    assert {name: made[name] for name in made if name not in ("id", "created_at")} == {
        "url": "https://example.org/hook",
        "description": "The shop",
        "messages": ["order.placed", "email.bounced"],
        "enabled": True,
        "disabled_because": None,
        "failing_since": None,
    }
    status, read, headers = await orders.ask("GET", f"/v1/webhooks/{made['id']}", key)
    assert (status, read, headers["Cache-Control"]) == (200, made, "private, no-store")
    assert (await orders.ask("GET", "/v1/webhooks", key))[1] == {"data": [made], "next": None}


async def test_no_secret_is_kept_in_the_clear(orders: Orders, key: Headers) -> None:
    secret = b64decode((await create(orders, key))["secret"].removeprefix("whsec_"))
    row = await orders.pool.fetchrow("SELECT * FROM webhooks")
    assert row
    assert secret not in row["secret"]


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"url": None}, ["/url"]),
        ({"url": "http://example.org/"}, ["/url"]),
        ({"url": "https://10.0.0.1/"}, ["/url"]),
        ({"url": "https://example.org/" + "a" * 2000}, ["/url"]),
        ({"url": "https://example.org/\n"}, ["/url"]),
        ({"url": 7}, ["/url"]),
        ({"messages": []}, ["/messages"]),
        ({"messages": ["order.placed", "order.eaten"]}, ["/messages/1"]),
        ({"messages": ["api-key.changed"]}, ["/messages/0"]),
        ({"messages": "order.placed"}, ["/messages"]),
        ({"description": "a" * 201}, ["/description"]),
        ({"enabled": "yes"}, ["/enabled"]),
        ({"secret": "whsec_mine"}, ["/secret"]),
        ({"url": "https://localhost/", "messages": [], "more": 1}, ["/messages", "/more", "/url"]),
    ],
)
async def test_every_fault_of_a_webhook_is_named(
    orders: Orders, key: Headers, changes: dict[str, Any], pointers: list[str]
) -> None:
    status, problem, _ = await orders.ask("POST", "/v1/webhooks", key, json=WISH | changes)
    assert (status, problem["type"].rpartition(":")[2]) == (422, "invalid")
    assert sorted({fault["pointer"] for fault in problem["errors"]}) == pointers


async def test_what_is_missing_is_named(orders: Orders, key: Headers) -> None:
    status, problem, _ = await orders.ask("POST", "/v1/webhooks", key, json={})
    assert status == 422
    assert [fault["pointer"] for fault in problem["errors"]] == ["/url", "/messages"]


async def test_every_message_there_is_may_be_asked_for(orders: Orders, key: Headers) -> None:
    assert (await create(orders, key, messages=list(TYPES)))["messages"] == list(TYPES)
    assert (await create(orders, key, messages=["*"]))["messages"] == ["*"]


async def test_a_change_is_merged_and_judged_as_a_whole(orders: Orders, key: Headers) -> None:
    made = await create(orders, key, description="The shop")
    del made["secret"]
    assert await change(orders, key, made, messages=["email.sent"]) == (200, made | {"messages": ["email.sent"]})
    status, problem = await change(orders, key, made, url="https://127.0.0.1/", messages=[])
    assert (status, {fault["pointer"] for fault in problem["errors"]}) == (422, {"/url", "/messages"})
    assert (await change(orders, key, made, description=None))[1]["description"] == ""
    assert await change(orders, key, made, url=None) == (422, (await change(orders, key, made, url=None))[1])


async def test_disabling_and_enabling_begins_anew(orders: Orders, key: Headers) -> None:
    made = await create(orders, key)
    await orders.pool.execute(
        "UPDATE webhooks SET failures = 30, failing_since = now(), disabled_because = 'failing', paused_until = now()"
    )
    _, read, _ = await orders.ask("GET", f"/v1/webhooks/{made['id']}", key)
    assert (read["enabled"], read["disabled_because"], bool(read["failing_since"])) == (False, "failing", True)
    assert (await change(orders, key, made, enabled=False))[1]["disabled_because"] == "failing"
    _, enabled = await change(orders, key, made, enabled=True)
    assert (enabled["enabled"], enabled["disabled_because"], enabled["failing_since"]) == (True, None, None)
    assert (await change(orders, key, made, enabled=False))[1]["disabled_because"] == "asked"


async def test_a_deleted_webhook_is_gone_with_its_log(orders: Orders, key: Headers) -> None:
    made = await create(orders, key)
    await owe(orders, 1)
    async with orders.client.delete(f"/v1/webhooks/{made['id']}", headers=key) as response:
        assert (response.status, await response.read()) == (204, b"")
    for path in ("", "/deliveries"):
        assert (await orders.ask("GET", f"/v1/webhooks/{made['id']}{path}", key))[0] == 404
    async with connection(orders.pool) as held:
        assert await store.take(held, 10, 4, {}, failing=False) == []


async def test_an_organiser_has_only_so_many(orders: Orders, key: Headers) -> None:
    answers = await asyncio.gather(
        *(orders.ask("POST", "/v1/webhooks", key, json=WISH) for _ in range(MAX_WEBHOOKS + 3))
    )
    assert sorted(status for status, _, _ in answers) == [201] * MAX_WEBHOOKS + [422] * 3


async def test_lists_come_page_by_page(orders: Orders, key: Headers) -> None:
    made = [(await create(orders, key))["id"] for _ in range(5)]
    assert await pages(orders, key, "/v1/webhooks") == sorted(made)
    await owe(orders, 5)
    for webhook in made[:2]:
        seen = await pages(orders, key, f"/v1/webhooks/{webhook}/deliveries")
        assert seen == sorted(seen, reverse=True)
        assert len(seen) == 5


async def pages(orders: Orders, key: Headers, path: str) -> list[str]:
    seen, cursor = list[str](), ""
    while True:
        _, page, _ = await orders.ask("GET", f"{path}?limit=2{cursor}", key)
        seen += [one["id"] for one in page["data"]]
        if page["next"] is None:
            return seen
        cursor = f"&cursor={page['next']}"


async def test_the_log_tells_how_a_delivery_fared(orders: Orders, key: Headers) -> None:
    made = await create(orders, key)
    await owe(orders, 1)
    deliveries = f"/v1/webhooks/{made['id']}/deliveries"
    (waiting,) = (await orders.ask("GET", deliveries, key))[1]["data"]
    assert (waiting["status"], waiting["type"], waiting["attempts"], waiting["log"]) == (
        "pending",
        "order.placed",
        0,
        [],
    )
    assert waiting["next_attempt_at"]
    async with connection(orders.pool) as held:
        (owed,) = await store.take(held, 10, 4, {}, failing=False)
        entry = {"at": "2027-05-01T12:00:00.000Z", "status": 500, "milliseconds": 12, "detail": ""}
        await store.note(held, owed, store.Note("failed", None, entry))
    _, failed, _ = await orders.ask("GET", f"{deliveries}/{waiting['id']}", key)
    assert (failed["status"], failed["attempts"], failed["response_status"], failed["duration_ms"]) == (
        "failed",
        1,
        500,
        12,
    )
    assert failed["next_attempt_at"] is None
    assert failed["log"] == [
        {"at": "2027-05-01T12:00:00.000Z", "response_status": 500, "duration_ms": 12, "detail": ""}
    ]
    for status, count in (("failed", 1), ("pending", 0)):
        assert len((await orders.ask("GET", f"{deliveries}?status={status}", key))[1]["data"]) == count


@pytest.mark.parametrize("query", ["status=lost", "limit=0", "limit=101", "cursor=nonsense"])
async def test_a_wrong_parameter_is_named(orders: Orders, key: Headers, query: str) -> None:
    made = await create(orders, key)
    status, problem, _ = await orders.ask("GET", f"/v1/webhooks/{made['id']}/deliveries?{query}", key)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/" + query.partition("=")[0])


async def test_a_delivery_is_replayed_with_a_fresh_count(orders: Orders, key: Headers) -> None:
    made = await create(orders, key)
    await owe(orders, 1)
    async with connection(orders.pool) as held:
        (owed,) = await store.take(held, 10, 4, {}, failing=False)
        entry = {"at": "2027-05-01T12:00:00.000Z", "status": 204, "milliseconds": 1, "detail": ""}
        await store.note(held, owed, store.Note("delivered", None, entry))
        replay = f"/v1/webhooks/{made['id']}/deliveries/{owed.message}/replay"
        status, again, _ = await orders.ask("POST", replay, key)
        assert (status, again["status"], again["attempts"], len(again["log"])) == (202, "pending", 0, 1)
        (once_more,) = await store.take(held, 10, 4, {}, failing=False)
        assert (once_more.message, once_more.attempt) == (owed.message, 1)
        # While it is under way, replaying it leaves it to that.
        assert (await orders.ask("POST", replay, key))[0] == 202
        assert await store.take(held, 10, 4, {}, failing=False) == []


async def test_the_log_of_a_delivery_does_not_grow_without_end(orders: Orders, key: Headers) -> None:
    made = await create(orders, key)
    await owe(orders, 1)
    await orders.pool.execute(
        "UPDATE webhook_deliveries SET status = 'failed', log = (SELECT jsonb_agg(jsonb_build_object("
        "'at', '', 'status', 500, 'milliseconds', n, 'detail', '')) FROM generate_series(1, 30) n)"
    )
    deliveries = f"/v1/webhooks/{made['id']}/deliveries"
    (found,) = (await orders.ask("GET", deliveries, key))[1]["data"]
    _, again, _ = await orders.ask("POST", f"{deliveries}/{found['id']}/replay", key)
    assert [entry["duration_ms"] for entry in again["log"]] == list(range(11, 31))
    assert len((await orders.ask("POST", f"{deliveries}/{found['id']}/replay", key))[1]["log"]) == 20


async def test_a_test_message_goes_the_way_of_all_others(orders: Orders, key: Headers) -> None:
    made = await create(orders, key)
    status, owed, _ = await orders.ask("POST", f"/v1/webhooks/{made['id']}/test", key)
    assert (status, owed["type"], owed["status"]) == (202, "webhook.test", "pending")
    async with connection(orders.pool) as held:
        (taken,) = await store.take(held, 10, 4, {}, failing=False)
    assert str(taken.message) == owed["id"]
    assert made["id"].encode() in taken.body


async def test_nothing_is_sent_to_a_webhook_that_is_disabled(orders: Orders, key: Headers) -> None:
    made = await create(orders, key)
    await owe(orders, 1)
    deliveries = f"/v1/webhooks/{made['id']}/deliveries"
    await change(orders, key, made, enabled=False)
    (waiting,) = (await orders.ask("GET", deliveries, key))[1]["data"]
    assert (waiting["status"], waiting["next_attempt_at"]) == ("pending", None)
    for path in (f"/v1/webhooks/{made['id']}/test", f"{deliveries}/{waiting['id']}/replay"):
        status, problem, _ = await orders.ask("POST", path, key)
        assert (status, problem["type"].rpartition(":")[2]) == (409, "webhook-disabled")
        assert "enabled" in problem["detail"]
    await owe(orders, 1)
    assert len((await orders.ask("GET", deliveries, key))[1]["data"]) == 1
    async with connection(orders.pool) as held:
        assert await store.take(held, 10, 4, {}, failing=False) == []
        await change(orders, key, made, enabled=True)
        assert [str(owed.message) for owed in await store.take(held, 10, 4, {}, failing=False)] == [waiting["id"]]


async def test_a_rotated_secret_signs_beside_the_one_before(orders: Orders, key: Headers) -> None:
    made = await create(orders, key)
    status, rotated, _ = await orders.ask("POST", f"/v1/webhooks/{made['id']}/rotate-secret", key)
    assert status == 200
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != made["secret"]
    await owe(orders, 1)
    async with connection(orders.pool) as held:
        (owed,) = await store.take(held, 10, 4, {}, failing=False)
        assert len(owed.sealed) == 2
        await orders.pool.execute("UPDATE webhooks SET old_secret_until = now() - interval '1 second'")
        await owe(orders, 1)
        (owed,) = await store.take(held, 10, 4, {}, failing=False)
        assert len(owed.sealed) == 1


def routes() -> list[tuple[str, str]]:
    nothing: Any = None
    both = WebhooksApi(nothing, nothing, nothing, "", True).routes() + WebhookLogApi(nothing, nothing).routes()
    return [(route.method, route.path) for route in both]


async def test_another_organisers_key_finds_nothing(orders: Orders, key: Headers) -> None:
    made = await create(orders, key)
    await owe(orders, 1)
    (delivery,) = (await orders.ask("GET", f"/v1/webhooks/{made['id']}/deliveries", key))[1]["data"]
    theirs = await orders.key("Seaside")
    before = [dict(row) for row in await orders.pool.fetch("SELECT * FROM webhooks")]
    asked = [(method, path) for method, path in routes() if path != "/v1/webhooks"]
    assert len(asked) >= 8
    for method, path in asked:
        address = path.format(webhook=made["id"], delivery=delivery["id"])
        status, problem, _ = await orders.ask(method, address, theirs, json={"description": "Mine"})
        assert (status, problem["type"].rpartition(":")[2]) == (404, "not-found"), (method, path)
    assert (await orders.ask("GET", "/v1/webhooks", theirs))[1] == {"data": [], "next": None}
    assert [dict(row) for row in await orders.pool.fetch("SELECT * FROM webhooks")] == before
    for method, path in asked:
        address = path.format(webhook="nonsense", delivery="nonsense")
        assert (await orders.ask(method, address, key, json={}))[0] == 404
    for method in ("GET", "POST"):
        suffix = "/replay" if method == "POST" else ""
        path = f"/v1/webhooks/{made['id']}/deliveries/nonsense{suffix}"
        assert (await orders.ask(method, path, key))[0] == 404


async def test_no_key_and_a_key_without_the_right_are_turned_away(orders: Orders, key: Headers) -> None:
    made = await create(orders, key)
    reading = await orders.key("Lakeside Concerts", "read")
    checking_in = await orders.key("Lakeside Concerts", "check-in")
    for method, path in routes():
        address = path.format(webhook=made["id"], delivery=made["id"])
        assert (await orders.ask(method, address, json={}))[0] == 401
        assert (await orders.ask(method, address, checking_in, json={}))[0] == 403
        if method != "GET":
            assert (await orders.ask(method, address, reading, json={}))[0] == 403
    assert (await orders.ask("GET", "/v1/webhooks", reading))[0] == 200
