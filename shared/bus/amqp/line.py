"""The connection to one RabbitMQ, kept for as long as the bus is open."""

import asyncio
from collections.abc import Awaitable, Callable

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection

from shared.bus.amqp.opening import AWAY, LINE_LOST
from shared.bus.backoff import waits
from shared.bus.protocol import BusUnavailable

log = structlog.get_logger()

CONNECT_SECONDS = 5.0
# A dead line is given up after three missed ones, half a minute.
HEARTBEAT_SECONDS = 10
LONGEST_WAIT_SECONDS = 2.0
CLOSE_SECONDS = 2.0

Prepare = Callable[[AbstractConnection], Awaitable[None]]


class Line:
    """`prepare` runs on each new connection before anyone gets to use it."""

    def __init__(self, url: str, source: str, prepare: Prepare) -> None:
        self._url = url
        self._source = source
        self._prepare = prepare
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
        while True:
            try:
                await self._connect_and_stay()
                pauses = waits(0.1, LONGEST_WAIT_SECONDS)
                log.warning("bus.line_lost")
            except AWAY as error:
                log.warning("bus.away", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(next(pauses))

    async def _connect_and_stay(self) -> None:
        connection = await aio_pika.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            heartbeat=HEARTBEAT_SECONDS,
            client_properties={"connection_name": f"boxoffice-{self._source}"},
        )
        lost = asyncio.Event()
        connection.close_callbacks.add(lambda *_: lost.set())
        try:
            await self._prepare(connection)
            self._connection = connection
            self._up.set()
            await lost.wait()
        finally:
            self._connection = None
            self._up.clear()
            await _close(connection)


async def _close(connection: AbstractConnection) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await connection.close()
    except LINE_LOST as error:
        log.info("bus.closed_roughly", error=type(error).__name__)
