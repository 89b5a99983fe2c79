"""What the edge takes and how fast: `python -m benchmarks.edge`.

The orders service as `boxoffice serve` runs it, asked for the pages of 20 events by visitors who are not signed in: by
itself, through Varnish, and through HAProxy and Varnish, with the rules and the configuration that are shipped.
Closed loops tell the throughput; open loops count each answer from the moment its request was due. The load generator
shares the machine, and each row says how much of a core it used. Ratios travel between machines, figures do not.
"""

import argparse
import asyncio
import os
import platform
import resource
import signal
import time
from array import array
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
import asyncpg

from benchmarks import stage
from benchmarks.load import Result, Spec, percentiles
from boxoffice.ports import free_port
from services.orders.organisers import make_key
from tests.reading_metrics import numbers_at
from tests.servers.edge import Edge, start_edge
from tests.servers.varnish import Varnish, start_varnish
from tests.servers.waiting import eventually

PAGES, CONNECTIONS = 20, 64
# A minute is 1.2 s, and an hour 72 s, where it is measured what comes when the service is dead.
SHORT = 0.02
# Between two changes: the second purge of the first one is done.
SETTLED_SECONDS = 1.5


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--database-url", help="a Postgres to make a database in [default: an embedded one]")
    options.add_argument("--requests", type=int, default=20_000, help="to begin with, while nothing is kept yet")
    options.add_argument("--seconds", type=float, default=5.0, help="that each case is measured")
    options.add_argument("--rate", type=float, default=1_000, help="of the open loops, a second")
    options.add_argument("--changes", type=int, default=20, help="of an organiser, until each is seen")
    asyncio.run(_run(options.parse_args()))


async def _run(options: argparse.Namespace) -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    async with (
        stage.postgres(options.database_url) as server,
        stage.database(server, PAGES * stage.TYPES_AN_EVENT) as url,
    ):
        async with _house(url) as house:
            await _rush(house, options.requests)
            await _side_by_side(house, options)
            await _changes(house, url, options.changes)
        async with _house(url, SHORT) as house:
            await _dead(house, options)


@dataclass(frozen=True, slots=True)
class House:
    orders: stage.Running
    varnish: Varnish
    edge: Edge


@asynccontextmanager
async def _house(url: str, time_scale: float = 1.0) -> AsyncIterator[House]:
    """One process of orders, a Varnish before it and HAProxy around both."""
    async with AsyncExitStack() as parts:
        inside, nobody = free_port(), f"127.0.0.1:{free_port()}"
        varnish = await start_varnish(inside, parts, time_scale)
        orders = await parts.enter_async_context(stage.service(url, 1, PURGE_URLS=varnish.inside))
        edge = await start_edge(
            parts,
            EDGE_INSIDE=f"127.0.0.1:{inside}",
            VARNISH=urlsplit(varnish.url).netloc,
            VARNISH_INSIDE_PORT=urlsplit(varnish.inside).port,
            ORDERS_1=f"127.0.0.1:{orders.port}",
            ORDERS_2=nobody,
            TICKETS=nobody,
        )
        http = await parts.enter_async_context(aiohttp.ClientSession())
        # Both have seen that orders is well. Its own page is none of those that are measured.
        await eventually(lambda: _comes(http, f"{varnish.url}/"))
        await eventually(lambda: _comes(http, f"{edge.url}/"))
        yield House(orders, varnish, edge)


async def _comes(http: aiohttp.ClientSession, url: str) -> bool:
    async with http.get(url) as response:
        return response.status == 200


async def _rush(house: House, requests: int) -> None:
    """Everyone at once, on pages that nobody has asked for yet."""
    before = await _asked(house)
    spec = Spec(_port(house.edge.url), _pages(), CONNECTIONS, 3600, warm_up=0, most=requests)
    result = await _row(f"{requests:,} requests, nothing kept yet", spec)
    print(f"{'':44}{await _asked(house) - before:,.0f} of them reached orders, in {result.seconds:.1f} s")


async def _side_by_side(house: House, options: argparse.Namespace) -> None:
    ways = {
        "orders itself": house.orders.port,
        "Varnish": _port(house.varnish.url),
        "HAProxy, Varnish": _port(house.edge.url),
    }
    for loop, rate in ((f"{CONNECTIONS} connections", None), (f"{options.rate:,.0f}/s", options.rate)):
        own: Result | None = None
        for way, port in ways.items():
            spec = Spec(port, _pages(), CONNECTIONS, options.seconds, rate=rate)
            result = await _row(f"{way}, {loop}", spec, own)
            own = own or result


async def _dead(house: House, options: argparse.Namespace) -> None:
    """The service killed, and the time of its pages over: they are given all the same."""
    port = _port(house.edge.url)
    await stage.load(Spec(port, _pages(), CONNECTIONS, 1.0))
    os.kill(house.orders.pid, signal.SIGKILL)
    async with aiohttp.ClientSession(house.edge.url, headers={"Host": "localhost"}) as http:

        async def stale() -> bool:
            async with http.get("/events/night-0") as response:
                return response.headers.get("X-Cache") == "stale"

        await eventually(stale)
    for loop, rate in ((f"{CONNECTIONS} connections", None), (f"{options.rate:,.0f}/s", options.rate)):
        await _row(f"orders dead, {loop}", Spec(port, _pages(), CONNECTIONS, options.seconds, rate=rate))


async def _changes(house: House, url: str, changes: int) -> None:
    """From an organiser's PATCH until the page, asked for without a pause, tells of it."""
    took = array("d")
    key = await _a_key(url)
    async with aiohttp.ClientSession(house.edge.url) as http:
        for number in range(changes):
            name = f"Summer Night, change {number}"
            await _page(http)
            began = time.perf_counter()
            async with http.patch("/v1/events/night-0", json={"name": name}, headers=key) as changed:
                changed.raise_for_status()
            while name not in await _page(http):
                pass
            took.append(time.perf_counter() - began)
            await asyncio.sleep(SETTLED_SECONDS)
    times = "  ".join(f"{rank} {took:6.1f}" for rank, took in percentiles(took).items() if rank in ("p50", "max"))
    print(f"{f'{changes} changes, PATCH to page':44}{times} ms", flush=True)


async def _page(http: aiohttp.ClientSession) -> str:
    async with http.get("/events/night-0") as response:
        response.raise_for_status()
        return await response.text()


async def _a_key(url: str) -> dict[str, str]:
    connection = await asyncpg.connect(url, server_settings={"search_path": "orders"})
    try:
        made = await make_key(connection, stage.ORGANISER)
    finally:
        await connection.close()
    return {"Authorization": f"Bearer {made.key}"}


async def _asked(house: House) -> float:
    """How many event pages orders has answered."""
    async with aiohttp.ClientSession() as http:
        numbers = await numbers_at(http, f"http://127.0.0.1:{house.orders.port}")
    return numbers.sum("boxoffice_http_request_seconds_count", route="/events/{event}")


async def _row(what: str, spec: Spec, beside: Result | None = None) -> Result:
    spent, began = _generator_seconds(), time.perf_counter()
    result = await stage.load(spec)
    busy = (_generator_seconds() - spent) / (time.perf_counter() - began)
    times = "  ".join(f"{name} {value:6.1f}" for name, value in result.percentiles.items() if name != "p99.9")
    statuses = ", ".join(f"{count:,} × {status}" for status, count in sorted(result.statuses.items()))
    ratio = f"{result.a_second / beside.a_second:5.1f} ×" if beside else " " * 7
    print(f"{what:44}{result.a_second:9,.0f}/s {ratio}  {times} ms  {statuses}; generator {busy:.0%}", flush=True)
    return result


def _generator_seconds() -> float:
    """Of its processors' time, once it has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _pages() -> list[bytes]:
    head = "Host: localhost\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n\r\n"
    return [f"GET /events/night-{number} HTTP/1.1\r\n{head}".encode() for number in range(PAGES)]


def _port(url: str) -> int:
    return urlsplit(url).port or 80


if __name__ == "__main__":
    main()
