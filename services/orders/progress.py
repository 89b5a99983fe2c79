"""Wakes progress streams when news of their order arrives, from any process.

The database is the truth; a notification only says "look again", and a missed one costs a delay.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import asyncpg

from shared.background import Outage
from shared.bus.backoff import waits
from shared.database import LOST, DatabaseUnavailable, Pool, connection
from shared.messages import Fact

CHANNEL = "orders_news"
KEEP_ALIVE_SECONDS = 15.0
LONGEST_WAIT_SECONDS = 2.0
# Whoever made the news waits for no more than this: streams look again by themselves.
ANNOUNCE_SECONDS = 1.0


class NewsDesk:
    """One LISTEN connection a process, however many streams it serves."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._outage = Outage("news")
        self._watchers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def watch(self, number: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever there may be news of this order."""
        woken = asyncio.Event()
        self._watchers[number].add(woken)
        try:
            yield woken
        finally:
            self._watchers[number].discard(woken)
            if not self._watchers[number]:
                del self._watchers[number]

    async def run(self) -> None:
        """Listen until cancelled, again with jitter when the connection is lost."""
        pauses = waits(0.1, LONGEST_WAIT_SECONDS)
        while True:
            try:
                await self._listen()
            except LOST as error:
                if not self._outage.lasts:
                    pauses = waits(0.1, LONGEST_WAIT_SECONDS)
                self._outage.begins(error)
            await asyncio.sleep(next(pauses))

    async def _listen(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=5, command_timeout=5)
        try:
            await connection.add_listener(CHANNEL, self._told)
            self._outage.over()
            self._wake_all()
            while True:
                await asyncio.sleep(KEEP_ALIVE_SECONDS)
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()

    def _told(self, _connection: Any, _pid: int, _channel: str, number: object) -> None:
        for woken in self._watchers.get(str(number), ()):
            woken.set()

    def _wake_all(self) -> None:
        """What was told while nobody listened is in the database."""
        for watchers in self._watchers.values():
            for woken in watchers:
                woken.set()


def name_of(kind: type[Fact]) -> str:
    """What a stream calls a message: its key without the version."""
    return kind.key.rpartition(".")[0]


async def announce(pool: "Pool[Any]", numbers: Collection[str]) -> None:
    """Tell every process that there is news of these orders. Never inside the transaction that makes it.

    A stream that misses it looks again by itself.
    """
    with suppress(DatabaseUnavailable):
        async with connection(pool) as held:
            statement = "SELECT pg_notify($1, number) FROM unnest($2::text[]) AS number"
            await held.execute(statement, CHANNEL, list(numbers), timeout=ANNOUNCE_SECONDS)
