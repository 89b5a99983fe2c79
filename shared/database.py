"""Connections to Postgres with a bound on every wait.

DatabaseUnavailable   no connection, a lost one, no answer in time, or a server that takes no writes now; the
                      driver's own exception is its `__cause__`. Nothing was committed by what raises it.
  OutcomeUnknown      the same after COMMIT was sent: whether it took place can't be told from here.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any

import asyncpg

from shared.values import times

Pool = asyncpg.Pool
Connection = asyncpg.pool.PoolConnectionProxy | asyncpg.Connection

ACQUIRE_SECONDS = 2.0
COMMAND_SECONDS = 10.0

# The disk is full or failing, or the server is a standby or set to read only.
REFUSES_TO_WRITE: tuple[type[BaseException], ...] = (
    asyncpg.DiskFullError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)
LOST: tuple[type[BaseException], ...] = (
    *REFUSES_TO_WRITE,
    asyncpg.InsufficientResourcesError,
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.LockNotAvailableError,
)

_commits: ContextVar["Commits | None"] = ContextVar("commits", default=None)


class DatabaseUnavailable(Exception):
    """Postgres can't be reached, dropped us, did not answer in time, or takes no writes: try again shortly."""


class OutcomeUnknown(DatabaseUnavailable):
    """Postgres went away after COMMIT was sent: it may have taken place, and may still."""


class Commits:
    """Whether the work at hand has committed anything by `transaction`: what fails after that is no refusal."""

    def __init__(self) -> None:
        self.any = False

    @classmethod
    def watched(cls) -> "Commits":
        """Those made by the current task from now on."""
        commits = cls()
        _commits.set(commits)
        return commits


class WatchedPool(asyncpg.Pool):
    """Remembers when the database last refused to write, and with what."""

    __slots__ = ("_refused",)

    def refused(self, error: BaseException) -> None:
        self._refused = (time.monotonic(), error)

    def last_refusal(self, within: float) -> BaseException | None:
        """The last one of so many seconds."""
        at, error = getattr(self, "_refused", (0.0, None))
        return error if error and time.monotonic() - at < within else None


async def open_pool(url: str, schema: str, *, size: int = 8, publisher: Any = None) -> "Pool[Any]":
    """A pool whose connections see `schema` first.

    Connects on first use, so a service starts while Postgres is away. `publisher` is what `outbox.add` finds as
    `connection.publisher`, where the bus lies in this database.
    """
    return await WatchedPool(
        url,
        min_size=0,
        max_size=size,
        max_queries=50_000,
        loop=None,
        record_class=asyncpg.Record,
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
                if isinstance(error, REFUSES_TO_WRITE) and isinstance(pool, WatchedPool):
                    pool.refused(error)
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
    """A connection inside one transaction, committed at the end.

    Raises `DatabaseUnavailable` when nothing was committed, `OutcomeUnknown` when it may have been.
    """
    committing = False
    try:
        async with connection(pool) as held, held.transaction():
            yield held
            committing = True
    except DatabaseUnavailable as error:
        if committing and not _answered(error.__cause__):
            raise OutcomeUnknown(str(error)) from error.__cause__
        raise
    if commits := _commits.get():
        commits.any = True


def _answered(error: BaseException | None) -> bool:
    """Postgres itself refused to commit; what ends the session (FATAL) may come after the commit took place."""
    return isinstance(error, asyncpg.PostgresError) and getattr(error, "severity_en", None) == "ERROR"


async def close_pool(pool: "Pool[Any]", grace: float = 3.0) -> None:
    """Close within `grace` seconds, then cut what is left."""
    try:
        async with asyncio.timeout(grace):
            await pool.close()
    except TimeoutError:
        pool.terminate()
