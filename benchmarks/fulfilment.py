"""From POST to the mail server's 250, beside the classic design: `python -m benchmarks.fulfilment`.

In one run on one machine: tickets as reportlab's manual draws them, on one core, before each of the others; the
Celery design (`benchmarks/celery_design.py`); and ours, four services as `boxoffice serve` runs them, with the bus in
Postgres, RabbitMQ and Redis. Each order has two tickets. Buyers and their mail server are one small compiled process
(`benchmarks/native`), so that the cores are the systems'. For each system:

    mailed       orders a second while always as many are placed and not yet mailed as it mails in two seconds (up to
                 `--window`), and the ratios that travel between machines: to naive tickets a second on one core, and
                 to the Celery design
    CPU          processor milliseconds an order by process, and all told in naive tickets' worth
    commits, WAL transactions (reading ones too) and bytes of write-ahead log an order
    latency      from the moment an order was due to its answer and to the 250 of its mail, at 10/s and at 80 %
    memory       before and after (proportional set size); with `--memory ORDERS` at ten points on the way to so many

Without `--celery-python` the Celery design is left out, and naive tickets are drawn by this Python.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from redis.asyncio import Redis

from benchmarks import accounts, stage, systems
from benchmarks.buyers import MARK, Buyers, Outcome, Run, an_order, opened
from benchmarks.systems import System
from benchmarks.telling import Yardstick, tell_faults, tell_latency, tell_memory, tell_naive, tell_rate, tell_usage
from tests.servers import rabbitmq, redis
from tests.servers.choosing import first_of

TRANSPORTS = ("postgres", "amqp", "redis")
SLOW, BUSY = 10.0, 0.8
SMALLEST_WINDOW = 16
WARM_UP_SECONDS = 4
# Memory is told so often on the way.
POINTS = 10
ORDER = an_order(
    "/v1/orders",
    json.dumps(
        {
            "event": "night-0",
            "buyer": {"name": "Ada Lovelace", "email": f"b{MARK}@example.org"},
            "lines": [
                {
                    "ticket_type": "type-0",
                    "quantity": 2,
                    "attendees": [{"name": f"Ada {MARK}"}, {"name": f"Charles {MARK}"}],
                }
            ],
        }
    ),
)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    options.add_argument("--database-url", help="a Postgres to make databases in [default: an embedded one]")
    options.add_argument("--amqp", help="a RabbitMQ with its management API [default: one that is started]")
    options.add_argument("--redis", help="a Redis [default: one that is started]")
    options.add_argument("--celery-python", type=os.path.abspath, help="a Python that has benchmarks/requirements.txt")
    options.add_argument(
        "--transports", default=",".join(TRANSPORTS), help=f"of ours [default: {','.join(TRANSPORTS)}]"
    )
    options.add_argument(
        "--seconds", type=float, default=20.0, help="that each case is measured at least [default: 20]"
    )
    options.add_argument("--window", type=int, default=256, help="orders under way at once, at most [default: 256]")
    options.add_argument("--memory", type=int, default=0, help="orders to mail while memory is watched")
    asyncio.run(_run(options.parse_args()))


async def _run(options: argparse.Namespace) -> None:
    for url, variable in ((options.amqp, rabbitmq.VARIABLE), (options.redis, redis.VARIABLE)):
        if url:
            os.environ[variable] = url
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    celery: float | None = None
    async with stage.postgres(options.database_url) as server:
        if python := options.celery_python:
            async with _virtual_host() as broker, systems.celery_design(server, broker, python) as system:
                celery = (await _measure(system, options)).a_second
        for transport in options.transports.split(","):
            async with _broker(transport) as url, systems.ours(f"ours over {transport}", server, url) as system:
                await _measure(system, options, celery)


async def _measure(system: System, options: argparse.Namespace, celery: float | None = None) -> Outcome:
    print(f"\n{system.name}", flush=True)
    async with opened(system.http_port, system.smtp_port, ORDER) as buyers:
        before = accounts.memory_bytes(system.pids)
        full = await _full(system, buyers, options, await _yardstick(options, celery))
        for rate in (SLOW, BUSY * full.a_second):
            tell_latency(rate, await buyers.perform(Run(options.seconds, rate=rate)))
        for part in range(POINTS if options.memory else 0):
            share = options.memory // POINTS
            # Those that are under way when the last of these is mailed come out, too.
            window = min(options.window, share // 2)
            await buyers.perform(Run(0, window, warm_up=0, orders=share - window))
            tell_memory(f"after {(part + 1) * share:,}", accounts.memory_bytes(system.pids))
        if not options.memory:
            tell_memory("at the start", before)
            tell_memory("at the end", accounts.memory_bytes(system.pids))
    return full


async def _full(system: System, buyers: Buyers, options: argparse.Namespace, yardstick: Yardstick) -> Outcome:
    """As many orders as it can mail. What it used is read while it works: reading costs it a connection or two."""
    usages: list[asyncio.Task[accounts.Usage]] = []

    def note() -> None:
        usages.append(asyncio.create_task(system.usage()))

    window = await _window(buyers, options)
    outcome = await buyers.perform(Run(options.seconds, window, warm_up=WARM_UP_SECONDS, orders=4 * window), note, note)
    tell_faults(outcome)
    if not outcome.mailed:
        raise SystemExit(f"{system.name} mailed nothing: {outcome}")
    before, after = [await usage for usage in usages]
    tell_rate(outcome, yardstick)
    tell_usage(after.since(before), outcome, yardstick)
    return outcome


async def _yardstick(options: argparse.Namespace, celery: float | None) -> Yardstick:
    """Measured anew before each system, which has nothing to do yet: a machine has quick and slow minutes."""
    naive = await systems.naive_tickets_a_second(options.celery_python or sys.executable, options.seconds / 4)
    tell_naive(naive)
    return Yardstick(naive, celery)


async def _window(buyers: Buyers, options: argparse.Namespace) -> int:
    """Enough for any batch to form, and no more than leaves in two seconds: a Celery worker draws all that wait before
    it mails the first of them, so that a larger window comes and goes in tides longer than what is measured."""
    tried = await buyers.perform(Run(options.seconds / 2, SMALLEST_WINDOW, orders=2 * SMALLEST_WINDOW))
    largest: int = options.window
    return min(max(SMALLEST_WINDOW, round(2 * tried.a_second)), largest)


@asynccontextmanager
async def _broker(transport: str) -> AsyncIterator[str | None]:
    """A broker for ours to itself; None is the database."""
    async with AsyncExitStack() as parts:
        if transport == "amqp":
            yield await parts.enter_async_context(_virtual_host())
        elif transport == "redis":
            url = (await first_of("Redis", redis.WAYS, parts)).server
            if redis.VARIABLE not in os.environ:
                await _have_it_keep_its_data(url)
            yield f"{url}{'&' if '?' in url else '?'}prefix=bench-{os.getpid()}:"
        elif transport == "postgres":
            yield None
        else:
            raise SystemExit(f"there is no transport {transport!r}, only {', '.join(TRANSPORTS)}")


async def _have_it_keep_its_data(url: str) -> None:
    """As an installation's must: on disk before it answers."""
    async with Redis.from_url(url) as client:
        await client.config_set("appendfsync", "always")
        await client.config_set("appendonly", "yes")


@asynccontextmanager
async def _virtual_host() -> AsyncIterator[str]:
    async with AsyncExitStack() as parts:
        server = (await first_of("RabbitMQ", rabbitmq.WAYS, parts)).server
        url = await server.create_vhost()
        yield url
        await server.drop_vhost(url)


if __name__ == "__main__":
    main()
