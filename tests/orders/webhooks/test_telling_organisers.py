"""From a buyer's order to an organiser's endpoint: both processes of the orders service, wired as they run."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from services.orders.settings import OrdersSettings
from services.orders.webhooks.app import wire
from shared.messages import EmailSent
from tests.orders.builders import a_request
from tests.orders.conftest import Orders
from tests.orders.webhooks.endpoint import Endpoint
from tests.reading_metrics import numbers_at
from tests.servers.programs import free_port
from tests.servers.waiting import eventually


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOKS_ALLOW_PRIVATE", "true")


@pytest.fixture
def telling_port() -> int:
    return free_port()


@pytest.fixture
async def shop(trusting: None, orders: Orders, telling_port: int) -> AsyncIterator[Orders]:
    """Orders with the process beside it that tells organisers."""
    async with AsyncExitStack() as parts:
        await wire(OrdersSettings(), parts, port=telling_port)
        yield orders


async def test_an_order_is_told_to_its_organisers_endpoint_and_to_no_others(
    shop: Orders, endpoint: Endpoint, other_endpoint: Endpoint
) -> None:
    key, other = await shop.key(), await shop.key("Seaside")
    wish = {"url": endpoint.url, "messages": ["order.placed", "email.sent"]}
    _, webhook, _ = await shop.ask("POST", "/v1/webhooks", key, json=wish)
    await shop.ask("POST", "/v1/webhooks", other, json=wish | {"url": other_endpoint.url})
    status, order, _ = await shop.ask("POST", "/v1/orders", json=a_request())
    assert status == 201

    number = order["confirmation_number"]
    placed = await told(endpoint, 1)
    payload = placed.verified(webhook["secret"])
    assert (payload["type"], payload["data"]["confirmation_number"]) == ("order.placed", number)
    assert payload["timestamp"] == payload["data"]["placed_at"]
    assert order["access_token"] not in placed.body.decode()

    await shop.report(EmailSent(number=number, template="tickets", recipient="ada@example.org"))
    assert (await told(endpoint, 2)).verified(webhook["secret"])["type"] == "email.sent"

    deliveries = f"/v1/webhooks/{webhook['id']}/deliveries"

    async def noted() -> Any:
        listed = (await shop.ask("GET", deliveries, key))[1]["data"]
        return listed if {one["status"] for one in listed} == {"delivered"} else None

    logged = await eventually(noted)
    assert {one["id"] for one in logged} == {got.id for got in endpoint.received}
    assert [one["response_status"] for one in logged] == [204, 204]

    status, _, _ = await shop.ask("POST", f"{deliveries}/{placed.id}/replay", key)
    assert status == 202
    again = await told(endpoint, 3)
    assert (again.id, again.body) == (placed.id, placed.body)
    assert other_endpoint.received == []


async def test_attempts_are_counted_and_nothing_of_anyone_is_told(
    shop: Orders, endpoint: Endpoint, telling_port: int, http: aiohttp.ClientSession
) -> None:
    key, base = await shop.key(), f"http://127.0.0.1:{telling_port}"
    _, webhook, _ = await shop.ask("POST", "/v1/webhooks", key, json={"url": endpoint.url, "messages": ["*"]})
    await shop.ask("POST", f"/v1/webhooks/{webhook['id']}/test", key)
    await told(endpoint, 1)

    async def counted() -> bool:
        numbers = await numbers_at(http, base)
        return numbers.sum("boxoffice_webhook_attempt_seconds_count", outcome="delivered") == 1

    await eventually(counted)
    async with http.get(f"{base}/metrics") as response:
        assert webhook["id"] not in await response.text()
    async with http.get(f"{base}/readyz") as response:
        assert response.status == 200


async def test_a_test_message_arrives(shop: Orders, endpoint: Endpoint) -> None:
    key = await shop.key()
    _, webhook, _ = await shop.ask("POST", "/v1/webhooks", key, json={"url": endpoint.url, "messages": ["*"]})
    await shop.ask("POST", f"/v1/webhooks/{webhook['id']}/test", key)
    assert (await told(endpoint, 1)).verified(webhook["secret"])["data"] == {"webhook": webhook["id"]}


async def test_the_secret_is_in_no_log(shop: Orders, endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    key = await shop.key()
    wish = {"url": endpoint.url + "?token=in-the-url", "messages": ["*"]}
    _, webhook, _ = await shop.ask("POST", "/v1/webhooks", key, json=wish)
    await shop.ask("POST", f"/v1/webhooks/{webhook['id']}/test", key)
    await told(endpoint, 1)
    shown = "".join(capsys.readouterr())
    assert "webhook.created" in shown
    assert webhook["secret"] not in shown
    assert "in-the-url" not in shown


async def told(endpoint: Endpoint, count: int) -> Any:
    async def so() -> bool:
        return len(endpoint.received) >= count

    await eventually(so)
    assert len(endpoint.received) == count, json.dumps([got.id for got in endpoint.received])
    return endpoint.received[-1]
