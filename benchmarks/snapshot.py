"""What an old snapshot costs the bus in Postgres and the outbox: `python -m benchmarks.snapshot URL`.

Measures milliseconds from publish (or from the commit in the outbox) to the handler, one message at a
time: first in empty tables; then, while another session holds a REPEATABLE READ snapshot open, after
100,000 messages have gone through and with 100,000 more waiting. Goal: at most 1.5 times the latency.
Give it a database of its own, without tables.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
import uvloop

from shared import outbox
from shared.bus import Delivery, Done, Message, Subscription, Verdict
from shared.bus.postgres import PostgresBus
from shared.database import close_pool, open_pool, transaction
from shared.identifiers import uuid7
from shared.migrations import migrate
from shared.outbox import Relay

QUEUE, KEY, SLOW_KEY = "bench.snapshot", "bench.snapshot.v1", "bench.slow.v1"
BODY = b"x" * 1500
PAUSE_SECONDS = 0.004


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds."""

    p50: float
    p99: float

    def __str__(self) -> str:
        return f"p50 {self.p50:6.2f} ms   p99 {self.p99:6.2f} ms"


class Arrivals:
    """A handler that tells when it has had so many messages."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = asyncio.Event()

    async def __call__(self, _: Delivery) -> Verdict:
        self._count += 1
        self._changed.set()
        return Done()

    async def more(self, count: int, send: Callable[[], Awaitable[object]]) -> None:
        """Send, and wait until that many more have arrived."""
        wanted = self._count + count
        await send()
        while self._count < wanted:
            self._changed.clear()
            await self._changed.wait()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", metavar="URL")
    parser.add_argument("--messages", type=int, default=100_000, metavar="N")
    parser.add_argument("--samples", type=int, default=500, metavar="N")
    chosen = parser.parse_args()
    await migrate(chosen.url)
    bus = await PostgresBus.open(chosen.url, "bench")
    pool = await open_pool(chosen.url, "orders")
    relay = Relay(pool, bus)
    relaying = asyncio.create_task(relay.run())
    arrivals = Arrivals()
    await bus.subscribe(Subscription(QUEUE, (KEY,), concurrency=50), arrivals)

    async def publish(messages: Sequence[Message]) -> None:
        assert not any(await bus.publish(messages))  # noqa: S101

    async def owe(messages: Sequence[Message]) -> None:
        async with transaction(pool) as held:
            await outbox.add(held, messages)
        relay.wake()

    for name, send in (("bus", publish), ("outbox, relay and bus", owe)):
        await compare(name, arrivals, send, chosen.url, chosen.messages, chosen.samples)
    relaying.cancel()
    await bus.close(timedelta(0))
    await close_pool(pool)


async def compare(
    name: str,
    arrivals: Arrivals,
    send: Callable[[Sequence[Message]], Awaitable[None]],
    url: str,
    count: int,
    samples: int,
) -> None:
    await latency(arrivals, send, 50)
    empty = await latency(arrivals, send, samples)
    print(f"{name}\n  empty                          {empty}", flush=True)
    connection = await asyncpg.connect(url)
    async with connection.transaction(isolation="repeatable_read"):
        await connection.fetchval("SELECT count(*) FROM bus.deliveries")
        for _ in range(count // 500):
            await arrivals.more(500, lambda: send(some_messages(500)))
        await leave_waiting(url, count)
        old = await latency(arrivals, send, samples)
        print(f"  old snapshot, {count:,} waiting  {old}\n  ratio p50 {old.p50 / empty.p50:.2f}, ", end="")
        print(f"p99 {old.p99 / empty.p99:.2f}", flush=True)
    await connection.close()
    await clear(url)


async def latency(arrivals: Arrivals, send: Callable[[Sequence[Message]], Awaitable[None]], samples: int) -> Latency:
    found = []
    for message in some_messages(samples):
        began = time.perf_counter()
        await arrivals.more(1, lambda message=message: send([message]))  # type: ignore[misc]
        found.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(PAUSE_SECONDS)
    hundredths = statistics.quantiles(found, n=100)
    return Latency(hundredths[49], hundredths[98])


def some_messages(count: int) -> list[Message]:
    return [Message(str(uuid7()), KEY, f"subject-{uuid7()}", BODY) for _ in range(count)]


KEPT = """WITH kept AS (
    INSERT INTO bus.messages (message_id, key, subject, body)
    SELECT 'w' || n, $2, n::text, $3 FROM generate_series(1, $4) n RETURNING id
) """
WAITING = "INSERT INTO bus.deliveries (queue, message, available_at) SELECT $1, id, now() + interval '1 hour' FROM kept"
READY = "INSERT INTO bus.deliveries (queue, message) SELECT $1, id FROM kept"


async def leave_waiting(url: str, count: int) -> None:
    """In the same queue for their next attempt, in another one and in the outbox parked."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        KEPT + WAITING,
        *(QUEUE, KEY, BODY, count // 2),
    )
    await connection.execute(
        KEPT + READY,
        *("bench.other", SLOW_KEY, BODY, count // 2),
    )
    await connection.execute(
        "INSERT INTO orders.outbox (message_id, key, subject, body, available_at) "
        "SELECT 'p' || n, $1, 'p' || n, $2, now() + interval '1 hour' FROM generate_series(1, $3) n",
        *(SLOW_KEY, BODY, count),
    )
    await connection.close()


async def clear(url: str) -> None:
    connection: Any = await asyncpg.connect(url)
    await connection.execute("TRUNCATE bus.deliveries, bus.messages, orders.outbox")
    await connection.close()


if __name__ == "__main__":
    uvloop.run(main())
