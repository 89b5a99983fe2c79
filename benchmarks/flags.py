"""What a flag costs where it is asked, and how soon a flip is known everywhere.

    python -m benchmarks.flags [--url postgresql://…] [--processes 8] [--flips 20]

Without --url the flips run on an embedded Postgres of their own, in a temporary folder.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
import timeit
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import asyncpg
from aiohttp import web
from multidict import CIMultiDict
from openfeature import api
from openfeature.client import OpenFeatureClient

from benchmarks.stage import database, postgres
from shared.flags import Flags, Snapshot, about, store
from shared.flags.declared import Flag
from shared.flags.provider import PostgresProvider
from shared.flags.rules import Rule, Setting
from shared.flags.states import State

FLAG = Flag("benchmark", default=False, owner="benchmarks", description="")
EVALUATIONS = 20_000
ROUNDS = 7


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--url")
    options.add_argument("--processes", type=int, default=8)
    options.add_argument("--flips", type=int, default=20)
    asked = options.parse_args()
    print("An evaluation, its context included, the best of 7 rounds:")
    for what, work in _evaluations():
        print(f"  {what:58} {_microseconds(work):6.2f} µs")
    asyncio.run(_flips(asked.url, asked.processes, asked.flips))


def _evaluations() -> list[tuple[str, Callable[[], object]]]:
    bare = {"benchmark": True}
    some = (Rule(event="fair"), Rule(organiser="Lakeside", locale="de"), Rule(percentage=10))
    asking = (Rule(header="x-beta: 1"), Rule(address="@example.org"), Rule(locale="de", event="fair"))
    plain = Flags(*_provider("plain", State(1, {})))
    picky = Flags(*_provider("picky", State(1, {"benchmark": Setting(True, some)})))
    nosy = Flags(*_provider("nosy", State(1, {"benchmark": Setting(True, asking)})))
    client, _ = _provider("sdk", State(1, {}))
    request = _Request()

    def context() -> object:
        return about(key="7K2MX-Q4P9D", event="0190", event_slug="gala", organiser="Seaside", locale="de")

    once = about(key="7K2MX-Q4P9D", event="0190", event_slug="gala", organiser="Seaside", locale="de")
    return [
        ("a bare dict look-up", lambda: bare["benchmark"]),
        ("the SDK on a flag that is not set", lambda: client.get_boolean_details("benchmark", False, once)),
        ("the context alone", context),
        ("ours, through the SDK, three rules that look at all of it", lambda: _ask(picky)),
        ("ours, the same for everyone (asked for once a state)", lambda: _ask(plain)),
        ("of a request, three rules that look at its headers", lambda: _ask_of(nosy, request)),
        ("of a request, the same for everyone", lambda: _ask_of(plain, request)),
    ]


class _Request(dict[Any, Any]):
    """As much of a request as flags look at."""

    headers = CIMultiDict({"Host": "example.org", "Cookie": "a=b", "Accept-Language": "de", "X-Beta": "0"})


def _ask_of(flags: Flags, request: _Request) -> bool:
    """The snapshot of a request that has asked nothing before, and one question."""
    request.clear()
    try:
        flags.of(cast("web.Request", request)).send(None)
    except StopIteration as done:
        asked: Snapshot = done.value
    return asked.on(FLAG, lambda: about(event="0190", event_slug="gala", organiser="Seaside", locale="de"))


def _ask(flags: Flags) -> bool:
    context = about(key="7K2MX-Q4P9D", event="0190", event_slug="gala", organiser="Seaside", locale="de")
    return flags.now().on(FLAG, context)


def _provider(domain: str, state: State) -> tuple[OpenFeatureClient, PostgresProvider]:
    provider = PostgresProvider()
    provider.take(state)
    api.set_provider_and_wait(provider, domain)
    return api.get_client(domain), provider


def _microseconds(work: Callable[[], object]) -> float:
    return min(timeit.repeat(work, number=EVALUATIONS, repeat=ROUNDS)) / EVALUATIONS * 1e6


async def _flips(server: str | None, processes: int, flips: int) -> None:
    async with AsyncExitStack() as parts:
        server = await parts.enter_async_context(postgres(server))
        url = await parts.enter_async_context(database(server, types=1))
        watching = [await _watcher(url) for _ in range(processes)]
        for process in watching:
            parts.callback(process.kill)
        connection = await asyncpg.connect(url)
        parts.push_async_callback(connection.close)
        await asyncio.gather(*map(_turned, watching))
        told = [await _flip(connection, watching, number % 2 == 0) for number in range(flips)]
        silent = [await _flip(connection, watching, number % 2 == 0, wake=False) for number in range(flips)]
        print(f"{flips} flips, until {processes} processes have seen them:")
        print(f"  as they are set                           {_in_words(told)}")
        print(f"  without the notification, by asking alone {_in_words(silent)}")


async def _flip(connection: asyncpg.Connection, watching: list[Process], on: bool, wake: bool = True) -> list[float]:
    """How long after the commit each process saw it."""
    async with connection.transaction():
        await store.lock(connection, FLAG.name)
        number = await store.save(connection, FLAG.name, Setting(on, (Rule(),)), "benchmark", "")
    committed = time.monotonic()
    if wake:
        await store.announce(connection, number)
    return [seen - committed for seen in await asyncio.gather(*map(_turned, watching))]


def _in_words(flips: list[list[float]]) -> str:
    seen = [seconds * 1000 for flip in flips for seconds in flip]
    return f"p50 {statistics.median(seen):4.0f} ms, the last one {max(seen):4.0f} ms"


async def _watcher(url: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.flags.watcher", FLAG.name),
        env=os.environ | {"DATABASE_URL": url},
        stdout=PIPE,
        stderr=subprocess.DEVNULL,
    )


async def _turned(process: Process) -> float:
    assert process.stdout  # noqa: S101
    return float((await process.stdout.readline()).split()[1])


if __name__ == "__main__":
    main()
