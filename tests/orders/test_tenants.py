"""One organiser's key never sees or touches what is another's."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.orders.store import owned, reports, webhook_log, webhooks
from shared.openapi.parts import ORGANISER_KEY
from tests.describing import Description
from tests.orders.builders import a_request
from tests.orders.conftest import Orders
from tests.orders.test_event_requests import EVENT

SERVICE = Path(inspect.getfile(owned)).parents[1]


def organisers_operations(description: Description) -> Iterator[tuple[str, str, Any]]:
    """Method, path template and example body of each that an organiser's key opens, if it names a thing."""
    for method, template, operation in description.operations():
        if "{" in template and any(ORGANISER_KEY in way for way in operation["security"]):
            content = operation.get("requestBody", {}).get("content", {})
            yield method.upper(), template, next((kind["example"] for kind in content.values()), None)


async def everything(orders: Orders) -> list[dict[str, Any]]:
    """All that there is to see or touch."""
    tables = ("organisers", "events", "ticket_types", "orders", "tickets", "webhooks", "webhook_deliveries")
    return [dict(row) for table in tables for row in await orders.pool.fetch(f"SELECT * FROM {table} ORDER BY 1")]


async def a_webhook(orders: Orders, key: dict[str, str]) -> dict[str, str]:
    """The ids of one and of a delivery to it, by their places in a path."""
    wish = {"url": "https://example.org/", "messages": ["*"]}
    _, webhook, _ = await orders.ask("POST", "/v1/webhooks", key, json=wish)
    _, delivery, _ = await orders.ask("POST", f"/v1/webhooks/{webhook['id']}/test", key)
    return {"webhook": webhook["id"], "delivery": delivery["id"]}


@pytest.mark.parametrize("published", [False, True])
async def test_another_organisers_key_finds_nothing_on_any_route_of_the_document(
    orders: Orders, published: bool
) -> None:
    mine, theirs = await orders.key("Hillside"), await orders.key("Seaside")
    _, event, _ = await orders.ask("POST", "/v1/events", mine, json=EVENT)
    await orders.ask("POST", f"/v1/events/{event['id']}/publish", mine)
    wish = a_request(event["slug"], lines=[{"ticket_type": "general", "quantity": 1}])
    _, order, _ = await orders.ask("POST", "/v1/orders", json=wish)
    if not published:
        await orders.ask("POST", f"/v1/events/{event['id']}/unpublish", mine)
    # A place that is new in a path needs a thing of mine here.
    names = {"ticket_type": "general", "number": order["confirmation_number"]} | await a_webhook(orders, mine)
    there = [
        (method, template.format(event=ref, **names), body)
        for method, template, body in organisers_operations(orders.description)
        for ref in ((event["id"], event["slug"]) if "{event}" in template else ("",))
        if not (published and (method, template) == ("GET", "/v1/events/{event}"))
    ]
    assert len(there) >= 20
    before = await everything(orders)
    for method, path, body in there:
        async with orders.client.request(method, path, headers=theirs, json=body) as response:
            assert response.status == 404, (method, path)
            assert "Winter Ball" not in await response.text()
    assert await everything(orders) == before
    assert (await orders.ask("GET", "/v1/events", theirs))[1]["data"] == []
    for method, path, _ in sorted(there, key=lambda asked: asked[0] == "DELETE"):
        async with orders.client.request(method, path, headers=mine) as response:
            assert response.status != 404, (method, path)


async def test_a_published_event_is_to_another_organiser_what_it_is_to_anyone(orders: Orders) -> None:
    theirs = await orders.key("Seaside")
    _, seen, headers = await orders.ask("GET", "/v1/events/summer-night", theirs)
    assert seen == (await orders.ask("GET", "/v1/events/summer-night"))[1]
    assert headers["Cache-Control"] == "private, no-store"


def test_whatever_organisers_ask_of_the_store_names_its_owner() -> None:
    asked = [
        function
        for module in (owned, reports, webhooks, webhook_log)
        for name, function in inspect.getmembers(module, inspect.iscoroutinefunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]
    assert len(asked) > 20
    for function in asked:
        assert {"owned", "organiser", "webhook"} & set(inspect.signature(function).parameters), function.__name__


def test_nothing_but_the_query_that_names_the_organiser_makes_an_event_its_own() -> None:
    makers = {
        path.relative_to(SERVICE).as_posix()
        for path in SERVICE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Owned"
    }
    assert makers == {"store/owned.py"}
    queries = [
        node.value
        for node in ast.walk(ast.parse((SERVICE / "store" / "owned.py").read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "WHERE e." in node.value
    ]
    assert len(queries) == 2
    assert all("e.organiser_id = $1" in query for query in queries)
