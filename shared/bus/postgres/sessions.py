"""Connections to the bus's database, and its schema made on first use.

Whatever Postgres says no to leaves here as `BusUnavailable`: the caller keeps its message and tries
again, which is right for a lost connection as for a full disk.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from shared.bus.protocol import BusUnavailable
from shared.database import ACQUIRE_SECONDS, DatabaseUnavailable, Pool, close_pool, connection

SCHEMA_VERSION = 2
SCHEMA = Path(__file__).with_name("schema.sql")
COMMAND_SECONDS = 5.0
# Names our advisory lock among the database's; any fixed number does.
SCHEMA_LOCK = 0x62757331
SCHEMA_LOCK_POLL_SECONDS = 0.05
SCHEMA_LOCK_POLLS = 200
# What says that the schema is gone (a restored or emptied database): make it again.
SCHEMA_GONE = (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError, asyncpg.UndefinedColumnError)


class _Connection(asyncpg.Connection):
    def get_reset_query(self) -> str:
        """Nothing of ours outlives a statement, so a returned connection needs no round trip to clean it."""
        return ""


class Sessions:
    """A small pool whose connections find the bus's schema in place."""

    def __init__(self, pool: "Pool[Any]") -> None:
        self._pool = pool
        self._installing = asyncio.Lock()
        self.installed = False

    @classmethod
    async def open(cls, url: str, source: str, *, size: int, durable: bool) -> "Sessions":
        """`durable` False leaves commits unflushed for up to a second: right for a lease or an
        acknowledgement, whose loss in a crash of Postgres only means a second delivery."""
        return cls(
            await asyncpg.create_pool(
                url,
                min_size=0,
                max_size=size,
                timeout=ACQUIRE_SECONDS,
                command_timeout=COMMAND_SECONDS,
                max_inactive_connection_lifetime=3600,
                connection_class=_Connection,
                server_settings=_settings(source, durable),
            )
        )

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Any]:
        """A connection for a statement or two. Raises `BusUnavailable`."""
        try:
            async with connection(self._pool) as held:
                await self._install(held)
                yield held
        except DatabaseUnavailable as error:
            raise BusUnavailable(f"Postgres is away: {error}") from error
        except asyncpg.PostgresError as error:
            self.installed = self.installed and not isinstance(error, SCHEMA_GONE)
            raise BusUnavailable(f"Postgres refused: {type(error).__name__}: {error}") from error

    async def close(self) -> None:
        await close_pool(self._pool, grace=1.0)

    async def _install(self, held: Any) -> None:
        if self.installed:
            return
        async with self._installing:
            if await _version(held) != SCHEMA_VERSION:
                await _make_schema(held)
            self.installed = True


def _settings(source: str, durable: bool) -> dict[str, str]:
    return {
        "application_name": f"boxoffice-{source}-bus",
        "synchronous_commit": "on" if durable else "off",
        "statement_timeout": str(int(COMMAND_SECONDS * 1000)),
        "lock_timeout": "3000",
        "idle_in_transaction_session_timeout": "10000",
        # A plan made while the queue was empty must not be kept for when it is long.
        "plan_cache_mode": "force_custom_plan",
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        "jit": "off",
    }


async def _make_schema(held: Any) -> None:
    """Polls for the lock: waiting inside `pg_advisory_lock` deadlocks with CREATE INDEX CONCURRENTLY."""
    for _ in range(SCHEMA_LOCK_POLLS):
        async with held.transaction():
            if await held.fetchval("SELECT pg_try_advisory_xact_lock($1)", SCHEMA_LOCK):
                if await _version(held) != SCHEMA_VERSION:
                    await held.execute(SCHEMA.read_text())
                    await held.execute(f"COMMENT ON SCHEMA bus IS 'boxoffice bus {SCHEMA_VERSION}'")
                return
        await asyncio.sleep(SCHEMA_LOCK_POLL_SECONDS)
    raise BusUnavailable("another process has been making the bus's schema for 10 seconds")


async def _version(held: Any) -> int | None:
    comment = await held.fetchval("SELECT obj_description(to_regnamespace('bus'), 'pg_namespace')")
    if not comment:
        return None
    version = int(comment.rpartition(" ")[2])
    if version > SCHEMA_VERSION:
        raise BusUnavailable(f"the bus's schema is of a newer Boxoffice ({version}): start that one")
    return version
