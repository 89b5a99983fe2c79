"""How many orders a second, beside what the parts can do alone: `python -m benchmarks.orders`.

In one run on one machine, with the load generator on it too: a bare aiohttp that says hello, pgbench
doing the same statements in a transaction an order, and the orders service as `boxoffice serve` runs
it, relay and all. Closed loops tell the throughput; the open loop, at half of it, counts each answer
from the moment its request was due. Ratios travel between machines, figures do not.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import stage
from benchmarks.load import Result, Spec
from boxoffice.ports import free_port
from boxoffice.postgres_binaries import find_binaries

HOT, MANY = 1, 1000
CONNECTIONS = (1, 16, 64, 256)
PGBENCH_CLIENTS = (1, 16, 64)
# What placing writes, a transaction an order: lock and lower the stock, order, ticket, message.
ONE_ORDER = """
BEGIN;
UPDATE orders.ticket_types SET available = available - 1 WHERE slug = 'type-0' AND available > 0;
INSERT INTO orders.orders VALUES (gen_random_uuid(), gen_random_uuid()::text, gen_random_uuid(), \
  'Ada Lovelace', 'ada@example.org', 'en', '[]', 4500, 'EUR', DEFAULT, now());
INSERT INTO orders.tickets VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'Ada');
INSERT INTO orders.outbox (message_id, key, subject, body) VALUES (gen_random_uuid()::text, 'order.placed.v1', \
  gen_random_uuid()::text, convert_to(repeat('x', 1200), 'UTF8'));
COMMIT;
"""


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--database-url", help="a Postgres to make databases in [default: an embedded one]")
    options.add_argument("--processes", type=int, default=1, help="of the orders service")
    options.add_argument("--seconds", type=float, default=6.0, help="that each case is measured")
    options.add_argument("--existing", type=int, default=0, help="once more with so many orders already there")
    options.add_argument("--memory", type=int, default=0, help="orders to place while the service's memory is watched")
    asyncio.run(_run(options.parse_args()))


async def _run(options: argparse.Namespace) -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}; {options.processes} of the service")
    async with stage.postgres(options.database_url) as server:
        hello = await _hello(options.seconds)
        best = await _pgbench(server, options.seconds)
        await _closed(server, options, best, hello)
        if options.memory:
            await _memory(server, options)


async def _hello(seconds: float) -> float:
    port = free_port()
    async with stage.running(("-m", "benchmarks.hello", str(port)), port, "/", {}) as running:
        result = await stage.load(Spec(running.port, [_order(0, 0)], 64, seconds))
    _row("aiohttp, hello, 64 connections", result)
    return result.a_second


async def _pgbench(server: str, seconds: float) -> float:
    """The best rate over a few numbers of clients, on the hot ticket type."""
    best = 0.0
    async with stage.database(server, HOT) as url:
        for clients in PGBENCH_CLIENTS:
            rate = await _pgbench_once(url, clients, seconds)
            print(f"{f'pgbench, a transaction an order, {clients} clients':46}{rate:9,.0f}/s")
            best = max(best, rate)
    return best


async def _pgbench_once(url: str, clients: int, seconds: float) -> float:
    parts = urlsplit(url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(ONE_ORDER.replace("\\\n", " "))
        script.flush()
        where = ("-h", str(parts.hostname), "-p", str(parts.port), "-U", str(parts.username), parts.path.strip("/"))
        how = ("-n", "-M", "prepared", "-f", script.name, "-c", str(clients), "-j", "2", "-T", str(int(seconds)))
        process = await asyncio.create_subprocess_exec(
            *(_program(), *how, *where),
            env=os.environ | {"PGPASSWORD": parts.password or ""},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await process.communicate()
    told = [line for line in out.decode().splitlines() if line.startswith("tps = ")]
    if not told:
        sys.exit("pgbench did not run")
    return float(told[0].split()[2])


def _program() -> str:
    """pgbench of the embedded server's wheel, else of this machine."""
    beside = find_binaries().home / "bin" / "pgbench"
    found = [beside, *sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))]
    return str(next((path for path in found if path.exists()), "pgbench"))


async def _closed(server: str, options: argparse.Namespace, pgbench: float, hello: float) -> None:
    best = await _hot(server, options)
    await _many(server, options)
    await _storm(server, options)
    print(f"best on one hot type: {best / pgbench:.1f} × pgbench's best, {best / hello:.2f} × hello")
    if options.existing:
        print(f"with {options.existing:,} orders there:")
        full = await _hot(server, options, options.existing)
        print(f"best beside that of empty tables: {full / best:.2f} ×")


async def _hot(server: str, options: argparse.Namespace, existing: int = 0) -> float:
    """Everyone wants the same ticket type. Returns the best rate, of which half is then sent in an open loop.

    The open loop is an evening, not the minute after the storm: it begins when the storm's messages have left.
    """
    requests, best = [_order(0, 0)], 0.0
    async with (
        stage.database(server, HOT, existing=existing) as url,
        stage.service(url, options.processes) as running,
    ):
        for connections in CONNECTIONS:
            result = await stage.load(Spec(running.port, requests, connections, options.seconds))
            _row(f"orders, one hot ticket type, {connections} connections", result)
            best = max(best, result.a_second)
        print(f"{'the relay has caught up after':46}{await stage.caught_up(url):9,.1f} s")
        half = Spec(running.port, requests, 256, options.seconds, rate=best / 2)
        _row(f"open loop at {best / 2:,.0f}/s", await stage.load(half))
    return best


async def _many(server: str, options: argparse.Namespace) -> None:
    """Evenly over all ticket types, and then nine in ten for one of them."""
    requests = [_order(number // stage.TYPES_AN_EVENT, number % stage.TYPES_AN_EVENT) for number in range(MANY)]
    cases = {"evenly": requests, "90/10": [requests[0]] * (9 * MANY) + requests}
    async with stage.database(server, MANY) as url, stage.service(url, options.processes) as running:
        for name, drawn_from in cases.items():
            result = await stage.load(Spec(running.port, drawn_from, CONNECTIONS[-1], options.seconds))
            _row(f"orders, {MANY} ticket types {name}, {CONNECTIONS[-1]} connections", result)


async def _storm(server: str, options: argparse.Namespace) -> None:
    """Everyone wants what is gone: the answer is a refusal, decided under the same lock."""
    async with stage.database(server, HOT, capacity=1) as url, stage.service(url, options.processes) as running:
        _row("sold out, 256 connections", await stage.load(Spec(running.port, [_order(0, 0)], 256, options.seconds)))


async def _memory(server: str, options: argparse.Namespace) -> None:
    """The resident memory of the processes that serve, at ten points on the way."""
    async with stage.database(server, HOT) as url, stage.service(url, options.processes) as running:
        for part in range(1, 11):
            share = Spec(running.port, [_order(0, 0)], 256, 3600, most=options.memory // 10, warm_up=0)
            await stage.load(share)
            print(f"{options.memory // 10 * part:12,} orders placed{stage.memory(running.pid) / 1e6:12,.0f} MB")


def _order(event: int, kind: int) -> bytes:
    body = json.dumps(
        {
            "event": f"night-{event}",
            "buyer": {"name": "Ada Lovelace", "email": "ada@example.org"},
            "lines": [{"ticket_type": f"type-{kind}", "quantity": 1}],
        }
    ).encode()
    return (
        b"POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    ) + body


def _row(what: str, result: Result) -> None:
    statuses: Sequence[str] = [f"{count:,} × {status}" for status, count in sorted(result.statuses.items())]
    times = "  ".join(f"{name} {value:7.1f}" for name, value in result.percentiles.items() if name != "p99.9")
    print(f"{what:46}{result.a_second:9,.0f}/s  {times} ms  {', '.join(statuses)}", flush=True)


if __name__ == "__main__":
    main()
