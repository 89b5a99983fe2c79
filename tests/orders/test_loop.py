"""Nothing on the request path blocks the event loop."""

import asyncio
import time

from tests.orders.builders import a_request
from tests.orders.conftest import Orders
from tests.watching import blocking_calls

LIMIT_SECONDS = 0.05


async def test_no_request_blocks_the_loop(orders: Orders) -> None:
    async def buy(n: int) -> None:
        key = {"Idempotency-Key": f"a-key-for-number-{n}"}
        async with orders.client.post("/v1/orders", json=a_request(), headers=key) as response:
            order = await response.json(content_type=None)
        if response.status == 201:
            headers = {"Authorization": f"Bearer {order['access_token']}"}
            for path in ("self", "tickets_pdf"):
                async with orders.client.get(order["links"][path], headers=headers) as again:
                    await again.read()

    async def browse() -> None:
        for path in ("/v1/events", "/v1/events/summer-night", "/v1/events/no-such-night", "/readyz"):
            async with orders.client.get(path) as response:
                await response.read()

    with blocking_calls(over=LIMIT_SECONDS) as blocked:
        await asyncio.gather(*(buy(n) for n in range(200)), *(browse() for _ in range(50)))
    assert blocked == []


async def test_the_watch_sees_a_call_that_blocks() -> None:
    async def block() -> None:
        time.sleep(2 * LIMIT_SECONDS)  # noqa: ASYNC251 - this is what must be seen

    with blocking_calls(over=LIMIT_SECONDS) as blocked:
        await asyncio.create_task(block())
    assert len(blocked) == 1
