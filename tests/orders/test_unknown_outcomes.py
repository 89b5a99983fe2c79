"""Wherever something is changed: a commit that was not confirmed is not called a refusal, and it says how to tell."""

from typing import Any

from services.orders.pages.wording.unsure import WORDS
from tests.orders.builders import a_request
from tests.orders.conftest import Orders
from tests.orders.pages.test_unsure_pages import losing

NEW_EVENT: dict[str, Any] = {
    "name": "Winter night",
    "starts_at": "2027-12-24T20:00:00Z",
    "timezone": "Europe/Berlin",
    "ticket_types": [{"name": "General", "price": {"amount": 100, "currency": "EUR"}, "capacity": 10}],
}
# A route, what it is sent, and the table that it writes into.
CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("/v1/events", NEW_EVENT, "events"),
    ("/v1/webhooks", {"url": "https://example.org/hook", "messages": ["order.placed"]}, "webhooks"),
    ("/v1/sign-in", {"email": "ada@example.org"}, "sign_in_links"),
]


async def sent(orders: Orders, path: str, body: dict[str, Any], **headers: str) -> tuple[int, str, str]:
    """Status, kind and detail."""
    async with orders.client.post(path, json=body, headers=headers) as response:
        answer = await response.json(content_type=None)
    return response.status, answer["type"].rpartition(":")[2], answer["detail"]


async def test_every_change_that_may_have_been_made_is_unknown(orders: Orders) -> None:
    key = await orders.key()
    for path, body, table in CHANGES:
        async with losing(orders.pool, table):
            status, kind, detail = await sent(orders, path, body, **key)
        assert (path, status, kind) == (path, 503, "outcome-unknown")
        assert "Look whether it was" in detail


async def test_an_order_s_key_is_named_where_it_was_sent_and_recommended_where_it_was_not(orders: Orders) -> None:
    async with losing(orders.pool, "orders"):
        keyed = await sent(orders, "/v1/orders", a_request(), **{"Idempotency-Key": "a key that will tell"})
        plain = await sent(orders, "/v1/orders", a_request())
    assert keyed[:2] == plain[:2] == (503, "outcome-unknown")
    assert "Repeat it with the same Idempotency-Key" in keyed[2]
    assert "send a key next time" in plain[2]


async def test_a_form_without_a_page_that_finds_out_says_that_it_is_not_known(orders: Orders) -> None:
    headers = {"Accept": "text/html"}
    async with (
        losing(orders.pool, "sign_in_links"),
        orders.client.post("/sign-in", data={"email": "ada@example.org"}, headers=headers) as response,
    ):
        page = await response.text()
    assert (response.status, WORDS["en"].unknown[1] in page) == (503, True)
