"""The connection to one RabbitMQ, kept for as long as the bus is open."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import urlsplit

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection

from shared.background import Outage
from shared.bus.amqp.opening import AWAY, LINE_LOST
from shared.bus.backoff import waits
from shared.bus.protocol import BusUnavailable

log = structlog.get_logger()

CONNECT_SECONDS = 5.0
# A dead line is given up after three missed ones, half a minute.
HEARTBEAT_SECONDS = 10
LONGEST_WAIT_SECONDS = 2.0
CLOSE_SECONDS = 2.0
# What was sent over a connection that makes room is confirmed or given up on by then.
RETIRE_SECONDS = 10.0

Prepare = Callable[[AbstractConnection], Awaitable[None]]


class Line:
    """`prepare` runs on each new connection before anyone gets to use it.

    One older than `max_age` (less up to a quarter of it, so that not all go at once) is used until the next
    one stands, and closed when what was sent over it has been confirmed: a balancer's drain moves us so.
    """

    def __init__(self, url: str, source: str, prepare: Prepare, max_age: timedelta | None = None) -> None:
        self._url = url
        self._broker = urlsplit(url).netloc.rpartition("@")[2]
        self._outage = Outage("bus", broker=self._broker)
        self._source = source
        self._prepare = prepare
        self._max_age = max_age
        self._retiring: set[asyncio.Task[None]] = set()
        self._connection: AbstractConnection | None = None
        self._up = asyncio.Event()

    @property
    def up(self) -> bool:
        return self._connection is not None

    def current(self) -> AbstractConnection:
        """The connection, or `BusUnavailable` at once."""
        if self._connection is None:
            raise BusUnavailable("RabbitMQ is away")
        return self._connection

    async def connected(self) -> AbstractConnection:
        """The connection, waiting for it."""
        while self._connection is None:
            await self._up.wait()
        return self._connection

    async def run(self) -> None:
        """Connect, stay until the line is lost, connect again with jitter; until cancelled.

        Our own loop on plain connections: aio-pika's robust ones come back after a fixed five seconds,
        all processes in step, and restore things behind our back.
        """
        pauses = waits(0.1, LONGEST_WAIT_SECONDS)
        try:
            while True:
                try:
                    if await self._connect_and_stay():
                        continue
                    pauses = waits(0.1, LONGEST_WAIT_SECONDS)
                    log.warning("bus.line_lost", broker=self._broker)
                except AWAY as error:
                    self._outage.begins(error)
                self._leave()
                await asyncio.sleep(next(pauses))
        finally:
            self._leave()
            await self._end_the_retiring()

    async def _connect_and_stay(self) -> bool:
        """Whether it ended because the connection has had its time, and the next one is to take over."""
        connection = await aio_pika.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            heartbeat=HEARTBEAT_SECONDS,
            client_properties={"connection_name": f"boxoffice-{self._source}"},
        )
        lost, retired = asyncio.Event(), False
        connection.close_callbacks.add(lambda *_: lost.set())
        try:
            await self._prepare(connection)
            self._connection = connection
            self._up.set()
            self._outage.over()
            retired = not await _within(self._lifetime(), lost)
        finally:
            if retired:
                self._retire(connection)
            else:
                self._leave()
                await _close(connection)
        return retired

    def _leave(self) -> None:
        self._connection = None
        self._up.clear()

    async def _end_the_retiring(self) -> None:
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)

    def _lifetime(self) -> float | None:
        if self._max_age is None:
            return None
        return self._max_age.total_seconds() * (1 - random.random() / 4)

    def _retire(self, connection: AbstractConnection) -> None:
        task = asyncio.create_task(_close(connection, after=RETIRE_SECONDS))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)


async def _within(seconds: float | None, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


async def _close(connection: AbstractConnection, after: float = 0.0) -> None:
    try:
        await asyncio.sleep(after)
    finally:
        await _close_now(connection)


async def _close_now(connection: AbstractConnection) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await connection.close()
    except LINE_LOST as error:
        log.info("bus.closed_roughly", error=type(error).__name__)
