"""Connections to Redis, and the scripts it runs for us.

Whatever Redis says no to leaves here as `BusUnavailable`: the caller keeps its message and tries again,
which is right for a lost connection as for a server that is loading, full, or no longer the primary.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError, ResponseError

from shared.bus.protocol import BusUnavailable, Refused
from shared.bus.redis.address import Address

log = structlog.get_logger()

CLOSE_SECONDS = 2.0
SCRIPTS = {path.stem: path.read_text() for path in Path(__file__).parent.glob("*.lua")}
# What a client hears of a stream that someone deleted, with its group.
_GONE = ("NOGROUP", "UNBLOCKED")
# `maxmemory` is reached; snapshots or the append-only file can't be written.
_FULL = ("OOM", "MISCONF")

Value = str | bytes | int


class QueueGone(BusUnavailable):
    """The queue or its group is not there (Redis was emptied): declare it again."""


class Sessions:
    """A few connections, made when needed. For one event loop."""

    def __init__(self, address: Address, source: str, size: int) -> None:
        self._pool = address.pool(source, size)
        self._client = Redis.from_pool(self._pool)
        self._scripts = {name: self._client.register_script(text) for name, text in SCRIPTS.items()}

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Any]:
        """The client, for a command or two. Raises `BusUnavailable`, `QueueGone` and `Refused` among them.

        Untyped: redis-py's own types are those of all its protocols and settings at once.
        """
        cancelled = _cancelled()
        try:
            yield self._client
            cancelled()
        except ResponseError as error:
            cancelled()
            if isinstance(error, ReadOnlyError):
                # A replica now: the address may lead to the new primary already.
                await self._pool.disconnect(inuse_connections=False)
            raise refusal(error) from error
        except (RedisError, OSError, TimeoutError) as error:
            cancelled()
            raise BusUnavailable(f"Redis is away: {str(error) or type(error).__name__}") from error

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[Value]) -> Any:
        async with self.use():
            return await self._scripts[script](keys, arguments)

    async def close(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._client.aclose()
        except (RedisError, OSError, TimeoutError) as error:
            log.info("bus.closed_roughly", error=type(error).__name__)


def refusal(error: ResponseError) -> BusUnavailable:
    """What a refusal by Redis means for us."""
    if any(word in str(error) for word in _GONE):
        return QueueGone(f"Redis was emptied: {error}")
    if isinstance(error, OutOfMemoryError) or str(error).startswith(_FULL):
        return Refused(f"Redis takes no messages now: {error}")
    return BusUnavailable(f"Redis refused: {error}")


def _cancelled() -> Callable[[], None]:
    """Raises when this task was cancelled since: `asyncio.wait_for`, in which redis-py sends, may swallow it (3.11)."""
    task = asyncio.current_task()
    before = task.cancelling() if task else 0

    def check() -> None:
        if task and task.cancelling() > before:
            raise asyncio.CancelledError

    return check
