"""Listening for NOTIFY on a connection of its own, for as long as the bus is open.

A wake-up may be lost whenever the connection is: whoever listens polls as well.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg

from shared.background import Outage
from shared.bus.backoff import waits
from shared.bus.postgres.queries import CHANNEL, WAKE_ALL
from shared.database import LOST

CONNECT_SECONDS = 5.0
# A half-open line is noticed when this query stays unanswered.
KEEP_ALIVE_SECONDS = 10.0
ANSWER_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 2.0


class Wakeups:
    """Calls `wake(queue)` for every queue that got something, and `wake("*")` after a gap."""

    def __init__(self, url: str, source: str, wake: Callable[[str], None]) -> None:
        self._url = url
        self._source = source
        self._wake = wake
        self._outage = Outage("bus.listener")
        self.listening = False

    async def run(self) -> None:
        """Listen until cancelled, joining again with jitter when the connection is lost."""
        pauses = waits(0.1, LONGEST_WAIT_SECONDS)
        while True:
            try:
                await self._listen()
            except LOST as error:
                self._outage.begins(error)
            if self.listening:
                self.listening = False
                pauses = waits(0.1, LONGEST_WAIT_SECONDS)
            await asyncio.sleep(next(pauses))

    async def _listen(self) -> None:
        connection = await asyncpg.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            command_timeout=ANSWER_SECONDS,
            server_settings={"application_name": f"boxoffice-{self._source}-listen"},
        )
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await connection.add_listener(CHANNEL, self._heard)
            self.listening = True
            self._outage.over()
            self._wake(WAKE_ALL)
            while not lost.is_set():
                await _set_within(lost, KEEP_ALIVE_SECONDS)
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()

    def _heard(self, connection: Any, pid: int, channel: str, payload: Any) -> None:
        for queue in str(payload).split(","):
            self._wake(queue)


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
