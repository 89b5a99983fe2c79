"""What the orders service counts of itself, alone and in several processes."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp

from tests.orders.builders import a_request
from tests.orders.conftest import Orders
from tests.orders.serving import buy_surely, children_of, put_on_sale, serving
from tests.reading_metrics import numbers_at
from tests.servers.waiting import eventually


async def test_orders_and_requests_are_counted_by_what_became_of_them(orders: Orders) -> None:
    _, placed, _ = await orders.ask("POST", "/v1/orders", json=a_request())
    await orders.ask("POST", "/v1/orders", json=a_request(lines=[{"ticket_type": "last-two", "quantity": 3}]))
    await orders.ask("GET", "/v1/orders/nonsense", {"Authorization": "Bearer guess"})
    await orders.ask("GET", "/v1/no-such-thing")
    told = await numbers_at(orders.client)
    assert told.sum("boxoffice_orders_total", outcome="placed") == 1
    assert told.sum("boxoffice_orders_total", outcome="refused") == 1
    assert told.sum("boxoffice_order_batch_size_sum") == 2
    count = "boxoffice_http_request_seconds_count"
    assert told.sum(count, method="POST", route="/v1/orders", status="201") == 1
    assert told.sum(count, method="POST", route="/v1/orders", status="409") == 1
    assert told.sum(count, route="/v1/orders/{number}", status="404") == 1
    assert told.sum(count, route="none", status="404") == 1
    assert told.sum("process_resident_memory_bytes") > 0
    async with orders.client.get("/metrics") as response:
        text = await response.text()
    assert [word for word in ("ada", placed["confirmation_number"], "nonsense") if word in text.lower()] == []


async def test_what_waits_for_the_bus_is_told_as_of_now(orders: Orders) -> None:
    await orders.ask("POST", "/v1/orders", json=a_request())

    async def told() -> bool:
        """Nobody serves tickets here, so the message stays in its queue."""
        numbers = await numbers_at(orders.client)
        return numbers.sum("boxoffice_bus_published_total", key="order.placed.v1", outcome="confirmed") == 1

    await eventually(told)
    numbers = await numbers_at(orders.client)
    assert numbers.sum("boxoffice_outbox_messages") == 0
    assert numbers.sum("boxoffice_queue_messages", queue="orders.email-sent", state="ready") == 0


async def test_a_method_that_is_not_ours_makes_no_series_of_its_own(orders: Orders) -> None:
    for method in ("PROPFIND", "LOCK"):
        async with orders.client.request(method, "/v1/orders") as response:
            assert response.status == 405
    told = await numbers_at(orders.client)
    assert told.sum("boxoffice_http_request_seconds_count", method="other", status="405") == 2
    assert told.sum("boxoffice_http_request_seconds_count", method="LOCK") == 0


async def test_any_of_several_processes_tells_the_numbers_of_all(
    migrated_url: str, tmp_path: Path, free_port: int
) -> None:
    await put_on_sale(migrated_url, capacity=1000)
    async with (
        serving(migrated_url, free_port, tmp_path, "--processes", "2") as served,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True)) as http,
    ):
        bought = await asyncio.gather(*(buy_surely(http, [served.base]) for _ in range(40)))
        assert {status for status, _ in bought} == {201}
        seen = [(await numbers_at(http, served.base)).sum("boxoffice_orders_total", outcome="placed") for _ in range(8)]
        assert seen == [40] * 8
        first, _ = children_of(served.process.pid)
        os.kill(first, signal.SIGKILL)

        async def started_again() -> bool:
            now = children_of(served.process.pid)
            return len(now) == 2 and first not in now

        await eventually(started_again)
        assert (await eventually(lambda: numbers_at(http, served.base), 20, (aiohttp.ClientError, OSError))).sum(
            "boxoffice_orders_total", outcome="placed"
        ) == 40
