"""Where a consumer's messages come from: the queue's end as it grows, and consumers that died."""

import asyncio
from datetime import timedelta

import structlog

from shared.bus.protocol import BusUnavailable
from shared.bus.redis.queues import Queues
from shared.bus.redis.sessions import Sessions
from shared.bus.redis.wire import Taken

log = structlog.get_logger()

# How long one read waits: no longer than dead consumers' messages may, or a close where Redis forbids CLIENT UNBLOCK.
BLOCK_SECONDS = 1.0
CLAIMS_PER_LEASE = 3
STOP_SECONDS = 2.0
UNBLOCK_AGAIN_SECONDS = 0.05


class Reader:
    """Reads one queue over a connection of its own, since a read that waits holds up all others on its line."""

    def __init__(self, sessions: Sessions, queues: Queues, queue: str, lease: timedelta) -> None:
        self._sessions = sessions
        self._queues = queues
        self._queue = queue
        self._lease = lease
        self._connection_id = 0
        self._claim_at = 0.0
        self._taking: asyncio.Task[list[Taken]] | None = None

    async def connect(self) -> None:
        """Learn the connection's name at the server, where there may be a new one. Raises `BusUnavailable`."""
        async with self._sessions.use() as client:
            self._connection_id = await client.client_id()

    async def next(self, limit: int) -> list[Taken]:
        """Up to `limit` messages; none after a while without. Cancelled, `stop` tells what it was about to give."""
        # In its own task: cancelled in the middle, messages would be ours and nobody know it.
        self._taking = asyncio.create_task(self._take(limit))
        taken = await asyncio.shield(self._taking)
        self._taking = None
        return taken

    async def stop(self) -> list[Taken]:
        """End a read that still waits; what it brought all the same."""
        if (taking := self._taking) is None:
            return []
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._unblock(taking)
        except TimeoutError:
            log.info("bus.read_cut_short", queue=self._queue)
            taking.cancel()
        (brought,) = await asyncio.gather(taking, return_exceptions=True)
        return [] if isinstance(brought, BaseException) else brought

    async def _unblock(self, taking: "asyncio.Task[list[Taken]]") -> None:
        """It may be on its way to Redis and not wait there yet: ask until it ends, as it does by itself in the end."""
        asking = True
        while not taking.done():
            try:
                if asking:
                    await self._queues.unblock(self._connection_id)
            except BusUnavailable as error:
                log.info("bus.read_not_unblocked", queue=self._queue, error=str(error))
                asking = False
            await asyncio.wait((taking,), timeout=UNBLOCK_AGAIN_SECONDS)

    async def close(self) -> None:
        await self._sessions.close()

    async def _take(self, limit: int) -> list[Taken]:
        return await self._claim(limit) or await self._queues.read(self._sessions, self._queue, limit, BLOCK_SECONDS)

    async def _claim(self, limit: int) -> list[Taken]:
        now = asyncio.get_running_loop().time()
        if now < self._claim_at:
            return []
        claimed, gone = await self._queues.claim(self._queue, limit, self._lease)
        if gone:
            log.error("bus.messages_gone", queue=self._queue, messages=gone, cause="someone trims or deletes entries")
        if len(claimed) < limit:
            self._claim_at = now + self._lease.total_seconds() / CLAIMS_PER_LEASE
        return claimed
