"""Connections to Postgres with a bound on every wait.

DatabaseUnavailable   no connection, a lost one, or no answer in time; the driver's own exception
                      is its `__cause__`. Whether a commit under way took place is then unknown.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from shared.values import times

Pool = asyncpg.Pool
Connection = asyncpg.pool.PoolConnectionProxy | asyncpg.Connection

ACQUIRE_SECONDS = 2.0
COMMAND_SECONDS = 10.0
# Whoever asks whether we are ready asks again soon, and gives up soon.
READY_SECONDS = 1.0

LOST: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
)


class DatabaseUnavailable(Exception):
    """Postgres can't be reached, dropped us, or did not answer in time: try again shortly."""


async def open_pool(url: str, schema: str, *, size: int = 8, publisher: Any = None) -> "Pool[Any]":
    """A pool whose connections see `schema` first.

    Connects on first use, so a service starts while Postgres is away. `publisher` is what `outbox.add` finds as
    `connection.publisher`, where the bus lies in this database.
    """
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        timeout=ACQUIRE_SECONDS,
        command_timeout=COMMAND_SECONDS,
        max_inactive_connection_lifetime=600,
        connection_class=_publishing_with(publisher) if publisher else asyncpg.Connection,
        init=_read_every_time,
        reset=_leave_as_it_is,
        server_settings={
            "timezone": "UTC",
            "search_path": schema,
            "application_name": f"boxoffice-{schema}",
            "statement_timeout": str(int(COMMAND_SECONDS * 1000)),
            "lock_timeout": "5000",
            "idle_in_transaction_session_timeout": "10000",
        },
    )


def _publishing_with(publisher: Any) -> type[asyncpg.Connection]:
    return type("PublishingConnection", (asyncpg.Connection,), {"__slots__": (), "publisher": publisher})


async def _read_every_time(held: Connection) -> None:
    """A time that Python's calendar has not, which the driver can't read, spoils one row and not the whole answer."""
    await held.set_type_codec(
        "timestamptz",
        schema="pg_catalog",
        format="tuple",
        encoder=lambda at: (times.to_postgres(at),),
        decoder=lambda sent: times.from_postgres(sent[0]),
    )


async def _leave_as_it_is(_: Connection) -> None:
    """Nobody here leaves session state behind (settings are LOCAL, listeners have their own connection).

    So the driver's reset, a round trip with five statements each time a connection is given back,
    has nothing to do; it still ends a transaction left open.
    """


@asynccontextmanager
async def connection(pool: "Pool[Any]") -> AsyncIterator[Any]:
    """A connection for a few statements, each its own transaction. Raises `DatabaseUnavailable`."""
    try:
        async with pool.acquire(timeout=ACQUIRE_SECONDS) as held:
            try:
                yield held
            except LOST as error:
                if not _is_the_statements_fault(error):
                    _discard(held)
                raise
    except LOST as error:
        if _is_the_statements_fault(error):
            raise
        if (task := asyncio.current_task()) and task.cancelling():
            # A connection that dies while we are being cancelled hides the cancellation behind its own error.
            raise asyncio.CancelledError from error
        raise DatabaseUnavailable(f"{type(error).__name__}: {error}") from error


def _discard(held: Any) -> None:
    """Nobody else gets a connection that has failed: Postgres tells that it ends a session before it cuts the line."""
    with suppress(asyncpg.InterfaceError):
        # Raised where the driver has taken it out of the pool already.
        held.terminate()


def _is_the_statements_fault(error: BaseException) -> bool:
    """The driver can't encode a value: the connection is sound."""
    return isinstance(error, ValueError)


@asynccontextmanager
async def transaction(pool: "Pool[Any]") -> AsyncIterator[Any]:
    """A connection inside one transaction, committed at the end. Raises `DatabaseUnavailable`."""
    async with connection(pool) as held, held.transaction():
        yield held


async def ready(pool: "Pool[Any]") -> str | None:
    """None when the database answers, else why a service that needs it is not ready."""
    try:
        async with connection(pool) as held:
            await held.execute("SELECT 1 FROM migrations LIMIT 1", timeout=READY_SECONDS)
    except DatabaseUnavailable:
        return "the database does not answer"
    except asyncpg.UndefinedTableError:
        return "the schema is missing: run `boxoffice migrate`"
    return None


async def close_pool(pool: "Pool[Any]", grace: float = 3.0) -> None:
    """Close within `grace` seconds, then cut what is left."""
    try:
        async with asyncio.timeout(grace):
            await pool.close()
    except TimeoutError:
        pool.terminate()
