"""A consumer to be killed: takes one message, says so, and never finishes.

python -m tests.bus.victim URL QUEUE KEY
"""

import asyncio
import sys

from shared.bus import Delivery, Verdict
from tests.bus.brokers import open_bus
from tests.bus.messages import a_subscription


async def hold(delivery: Delivery) -> Verdict:
    print(f"holding {delivery.message.id} {delivery.attempt}", flush=True)
    await asyncio.Event().wait()
    raise AssertionError


async def main(url: str, queue: str, key: str) -> None:
    bus = await open_bus(url, "victim")
    await bus.subscribe(a_subscription(queue, [key], concurrency=1), hold)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
