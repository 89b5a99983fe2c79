"""Whether orders answer as fast with tickets, mailer and the broker away: `python -m benchmarks.outage`.

One installation as `boxoffice up` starts it, its broker behind a line that can be cut: a Postgres of
its own, or `--broker amqp://…`. The same orders are placed one after another, first with everything
there, then with tickets and mailer stopped and the line cut, and once more with everything back, in
turns, so that what else the machine does falls on both. At the end every order must have its mail.
"""

import argparse
import asyncio
import signal
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from boxoffice.embedded_postgres import EmbeddedPostgres
from tests.end_to_end.buying import Placed, an_order, place
from tests.end_to_end.inbox import Inbox
from tests.end_to_end.installation import Installation
from tests.servers.line import Line
from tests.servers.programs import free_port
from tests.servers.waiting import eventually

TURNS, ORDERS_A_TURN = 4, 100
MAILED_WITHIN_SECONDS = 120.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--broker", help="amqp://… or postgresql://… [default: a Postgres of its own]")
    asyncio.run(_compare(arguments.parse_args().broker))


async def _compare(broker: str | None) -> None:
    async with AsyncExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        if broker is None:
            postgres = EmbeddedPostgres(folder / "broker")
            broker = await postgres.start()
            parts.push_async_callback(postgres.stop)
        line = await parts.enter_async_context(Line(broker, free_port()))
        installation = Installation(folder / "data", {"BROKER_URL": line.url})
        parts.push_async_callback(installation.end)
        await installation.start()
        http = await parts.enter_async_context(aiohttp.ClientSession(installation.orders))
        await _measure(installation, line, http)


async def _measure(installation: Installation, line: Line, http: aiohttp.ClientSession) -> None:
    there: list[float] = []
    away: list[float] = []
    placed: list[Placed] = []
    await _buy(http, [], placed)
    for _ in range(TURNS):
        await _buy(http, there, placed)
        await _take_away(installation, line)
        await _buy(http, away, placed)
        await _bring_back(installation, line)
    _tell("everything there", there, there)
    _tell("tickets, mailer and broker away", away, there)
    inbox = Inbox(http, installation.inbox)

    async def all_mailed() -> bool:
        return len(await inbox.mails_to(order.email for order in placed)) >= len(placed)

    await eventually(all_mailed, MAILED_WITHIN_SECONDS)
    print(f"mails for all of {len(placed)} orders")


async def _buy(http: aiohttp.ClientSession, seconds: list[float], placed: list[Placed]) -> None:
    for _ in range(ORDERS_A_TURN):
        order = an_order("Ada Lovelace")
        began = time.perf_counter()
        placed.append(await place(http, order))
        seconds.append(time.perf_counter() - began)


async def _take_away(installation: Installation, line: Line) -> None:
    installation.signal("tickets", signal.SIGSTOP)
    installation.signal("mailer", signal.SIGSTOP)
    await line.cut()


async def _bring_back(installation: Installation, line: Line) -> None:
    await line.mend()
    installation.signal("tickets", signal.SIGCONT)
    installation.signal("mailer", signal.SIGCONT)


def _tell(what: str, seconds: list[float], baseline: list[float]) -> None:
    p50, p99 = _quantiles(seconds)
    base50, base99 = _quantiles(baseline)
    print(
        f"{what:34} p50 {p50 * 1000:6.2f} ms ({p50 / base50:4.2f} ×)  p99 {p99 * 1000:6.2f} ms ({p99 / base99:4.2f} ×)"
    )


def _quantiles(seconds: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return cuts[49], cuts[98]


if __name__ == "__main__":
    main()
