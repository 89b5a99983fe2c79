"""A service to be killed or stopped: takes one message, says so, and never finishes.

python -m tests.bus.victim URL QUEUE KEY
"""

import asyncio
import sys
from contextlib import AsyncExitStack
from datetime import timedelta

from shared import service
from shared.bus import Delivery, Verdict
from shared.settings import Settings
from tests.bus.brokers import open_bus
from tests.bus.messages import a_subscription

GRACE = timedelta(milliseconds=100)


async def hold(delivery: Delivery) -> Verdict:
    print(f"holding {delivery.message.id} {delivery.attempt}", flush=True)
    await asyncio.Event().wait()
    raise AssertionError


async def wire(_: Settings, parts: AsyncExitStack) -> None:
    url, queue, key = sys.argv[1:]
    bus = await open_bus(url, "victim")
    parts.push_async_callback(bus.close, GRACE)
    await bus.subscribe(a_subscription(queue, [key], concurrency=1), hold)


if __name__ == "__main__":
    sys.exit(service.run("victim", Settings, wire))
