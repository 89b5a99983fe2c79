"""Follows the flags in the database on a connection of its own.

Asks for their version twice a second and reads them when it is another; a notification only makes it ask at once.
"""

import asyncio

import asyncpg
import structlog

from shared.background import Outage
from shared.bus.backoff import waits
from shared.database import LOST
from shared.flags import store
from shared.flags.provider import PostgresProvider

log = structlog.get_logger()

POLL_SECONDS = 0.4
CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 2.0
# A flip that came while the database was away is followed soon after it is back.
LONGEST_WAIT_SECONDS = 0.5
# What says that the flags can't be read now, be the database away or yet to be migrated.
AWAY: tuple[type[BaseException], ...] = (*LOST, asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError)


class Follower:
    """Keeps a provider at the state in the database, and at the last one known while that is away."""

    def __init__(self, url: str, service: str, provider: PostgresProvider) -> None:
        self._url = url
        self._service = service
        self._provider = provider
        self._told = asyncio.Event()
        self._outage = Outage("flags")

    async def catch_up(self) -> None:
        """Read the flags once, if the database answers: a service starts without it, on the code's defaults."""
        try:
            connection = await self._connect()
            try:
                await self._look(connection)
            finally:
                connection.terminate()
        except AWAY as error:
            self._lost(error)

    async def run(self) -> None:
        """Follow until cancelled, joining again with jitter when the connection is lost."""
        pauses = waits(0.1, LONGEST_WAIT_SECONDS)
        while True:
            try:
                await self._follow()
            except AWAY as error:
                if not self._outage.lasts:
                    pauses = waits(0.1, LONGEST_WAIT_SECONDS)
                self._lost(error)
            await asyncio.sleep(next(pauses))

    async def _follow(self) -> None:
        connection = await self._connect()
        try:
            await connection.add_listener(store.CHANNEL, self._hear)
            connection.add_termination_listener(self._hear)
            while True:
                self._told.clear()
                await self._look(connection)
                await self._wait()
        finally:
            connection.terminate()

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            command_timeout=ANSWER_SECONDS,
            server_settings={"application_name": f"boxoffice-{self._service}-flags"},
        )

    async def _look(self, connection: asyncpg.Connection) -> None:
        """Another version, not only a later one: a database that was restored has an earlier one."""
        if await store.version(connection) != self._provider.state.version:
            self._provider.take(await store.state(connection))
            log.info("flags.taken", version=self._provider.state.version)
        self._found()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._told.wait()
        except TimeoutError:
            return

    def _hear(self, *_: object) -> None:
        self._told.set()

    def _lost(self, error: BaseException) -> None:
        self._provider.doubt()
        self._outage.begins(error)

    def _found(self) -> None:
        self._provider.trust()
        self._outage.over()
