"""The bus beside bare clients on the same servers, in one run.

    make bench-bus ARGS="--postgres postgresql://postgres@127.0.0.1/bench --amqp amqp://guest:guest@127.0.0.1/bench
        --redis redis://127.0.0.1:6379/9?prefix=bench:"

`--clusters` takes several of RabbitMQ, separated by commas as in BROKER_URL; the bare client uses the last of them.
Without URLs it measures an embedded Postgres. Give it a database, a virtual host and a Redis database of
their own: it leaves its queues behind. For each transport it prints, bare and ours and as their ratio:
confirmed publishes a second (in batches of 500, as the relay does; bare aio-pika with 200 in flight),
deliveries a second (a full queue, a handler that does nothing, 50 at once), CPU milliseconds of this
process a message, and milliseconds from publish to handler on an idle bus. Each rate is the best of three
rounds, taken in turns: the one others disturbed least.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

from benchmarks import bare_amqp, bare_postgres, bare_redis
from boxoffice.embedded_postgres import EmbeddedPostgres
from shared.bus import Bus, Delivery, Done, Message, Subscription, Verdict, connect
from shared.identifiers import uuid7

BATCH = 500
CONCURRENCY = 50
# About an order with two tickets.
BODY = b"x" * 1500
IDLE_MESSAGES = 500
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Rate:
    """Messages a second, and CPU milliseconds of this process for each."""

    per_second: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Figures:
    publish: Rate
    deliver: Rate


async def measure(count: int, work: Callable[[], Awaitable[None]]) -> Rate:
    """Time `work`, which moves `count` messages."""
    began, cpu = time.perf_counter(), time.process_time()
    await work()
    return Rate(count / (time.perf_counter() - began), (time.process_time() - cpu) * 1000 / count)


def some_messages(count: int, key: str) -> list[Message]:
    return [Message(str(uuid7()), key, f"subject-{number}", BODY) for number in range(count)]


async def publish(bus: Bus, messages: list[Message]) -> None:
    for start in range(0, len(messages), BATCH):
        outcomes = await bus.publish(messages[start : start + BATCH])
        assert not any(outcomes), outcomes  # noqa: S101


async def consume(bus: Bus, queue: str, key: str, count: int) -> None:
    left, done = count, asyncio.Event()

    async def handle(_: Delivery) -> Verdict:
        nonlocal left
        left -= 1
        if not left:
            done.set()
        return Done()

    await bus.subscribe(Subscription(queue, (key,), concurrency=CONCURRENCY), handle)
    await done.wait()


async def idle_latencies(bus: Bus, queue: str, key: str) -> list[float]:
    """Milliseconds from the call of publish to the handler, one message at a time."""
    arrived: asyncio.Queue[float] = asyncio.Queue()

    async def handle(_: Delivery) -> Verdict:
        arrived.put_nowait(time.perf_counter())
        return Done()

    await bus.subscribe(Subscription(queue, (key,)), handle)
    found = []
    for message in some_messages(IDLE_MESSAGES, key):
        began = time.perf_counter()
        await bus.publish([message])
        found.append((await arrived.get() - began) * 1000)
        await asyncio.sleep(0.005)
    return found


async def bare(url: str, count: int) -> Figures:
    last = url.rpartition(",")[2]
    async with BARE[last.partition("://")[0]].opened(last) as client:
        published = await measure(count, lambda: client.publish(count, BODY))
        return Figures(published, await measure(count, lambda: client.consume(count)))


async def ours(url: str, count: int) -> Figures:
    queue, key = a_queue()
    bus = await connect(url, source="bench")
    messages = some_messages(count, key)
    await bus.declare(queue, [key])
    published = await measure(count, lambda: publish(bus, messages))
    delivered = await measure(count, lambda: consume(bus, queue, key, count))
    await bus.close()
    return Figures(published, delivered)


async def idle(url: str) -> tuple[float, float]:
    """The median and the 99th percentile, in milliseconds."""
    bus = await connect(url, source="bench")
    hundredths = statistics.quantiles(await idle_latencies(bus, *a_queue()), n=100)
    await bus.close()
    return hundredths[49], hundredths[98]


async def compare(url: str, count: int) -> None:
    rounds = [(await bare(url, count), await ours(url, count)) for _ in range(ROUNDS)]
    theirs, own = (best([pair[side] for pair in rounds]) for side in (0, 1))
    median, worst = await idle(url)
    several = f" over {url.count(',') + 1} URLs" if "," in url else ""
    print(f"\n{url.partition('://')[0]}{several}, {count:,} messages of {len(BODY)} bytes")
    print(f"  {'':8}{'bare':>12}{'ours':>12}{'ours/bare':>11}{'CPU bare':>11}{'CPU ours':>11}")
    for name, one, other in (("publish", theirs.publish, own.publish), ("deliver", theirs.deliver, own.deliver)):
        ratio = other.per_second / one.per_second
        rates = f"{one.per_second:>10,.0f}/s{other.per_second:>10,.0f}/s{ratio:>11.2f}"
        print(f"  {name:8}{rates}{one.cpu:>8.3f} ms{other.cpu:>8.3f} ms")
    print(f"  {'idle':8}p50 {median:.2f} ms, p99 {worst:.2f} ms", flush=True)


def best(rounds: list[Figures]) -> Figures:
    return Figures(
        max((figures.publish for figures in rounds), key=lambda rate: rate.per_second),
        max((figures.deliver for figures in rounds), key=lambda rate: rate.per_second),
    )


def a_queue() -> tuple[str, str]:
    run = uuid7().hex[-8:]
    return f"bench-{run}.messages", f"bench-{run}.message.v1"


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", metavar="URL")
    parser.add_argument("--amqp", metavar="URL")
    parser.add_argument("--redis", metavar="URL")
    parser.add_argument("--clusters", metavar="URL,URL")
    parser.add_argument("--messages", type=int, default=10_000, metavar="N")
    chosen = parser.parse_args()
    urls = [url for url in (chosen.postgres, chosen.amqp, chosen.redis, chosen.clusters) if url]
    async with AsyncExitStack() as parts:
        if not urls:
            folder = parts.enter_context(TemporaryDirectory(prefix="boxoffice-bench-"))
            urls = [await parts.enter_async_context(EmbeddedPostgres(Path(folder)))]
        for url in urls:
            await compare(url, chosen.messages)


BARE: dict[str, Any] = {
    "postgresql": bare_postgres,
    "postgres": bare_postgres,
    "amqp": bare_amqp,
    "amqps": bare_amqp,
    "redis": bare_redis,
    "rediss": bare_redis,
}

if __name__ == "__main__":
    uvloop.run(main())
