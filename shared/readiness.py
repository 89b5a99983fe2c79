"""Whether the database can be read and written, found out at little cost.

`/readyz` is asked every second or so, by several. Each time it reads, and asks whether the session may write. Whether
the disk has room is only known by using some: a sort that is given too little memory spills half a megabyte into a
temporary file, gone at once, without a row, write-ahead log or right of its own; every few seconds while all is well,
at each look while it is not. A write that the database refused a moment ago counts too.
"""

import time
from typing import Any

import asyncpg

from shared.database import DatabaseUnavailable, Pool, WatchedPool, connection

# Whoever asks whether we are ready asks again soon, and gives up soon.
READY_SECONDS = 1.0
ROOM_SECONDS = 5.0
REMEMBERED_SECONDS = 5.0

READ_ONLY = "the database is read-only, or a standby"
DISK_FULL = "the disk of the database is full"


class Readiness:
    """Of one pool. Call `reason`: None when the database takes reads and writes, else why it does not."""

    def __init__(self, pool: "Pool[Any]") -> None:
        self._pool = pool
        self._room_until = 0.0

    async def reason(self) -> str | None:
        if isinstance(self._pool, WatchedPool) and (refusal := self._pool.last_refusal(REMEMBERED_SECONDS)):
            return _in_words(refusal)
        try:
            async with connection(self._pool) as held:
                if await held.fetchval(_TAKES_NO_WRITES, timeout=READY_SECONDS):
                    return READ_ONLY
                if time.monotonic() > self._room_until:
                    await self._use_room(held)
        except DatabaseUnavailable as error:
            self._room_until = 0.0
            return _in_words(error.__cause__)
        except asyncpg.UndefinedTableError:
            return "the schema is missing: run `boxoffice migrate`"
        return None

    async def _use_room(self, held: Any) -> None:
        async with held.transaction(readonly=True):
            await held.execute("SET LOCAL work_mem = '64kB'", timeout=READY_SECONDS)
            await held.execute(_SPILL, timeout=READY_SECONDS)
        self._room_until = time.monotonic() + ROOM_SECONDS


def _in_words(error: BaseException | None) -> str:
    match error:
        case asyncpg.DiskFullError() | asyncpg.ConfigurationLimitExceededError():
            return DISK_FULL
        case asyncpg.PostgresSystemError():
            return "the disk of the database fails"
        case asyncpg.ReadOnlySQLTransactionError():
            return READ_ONLY
    return "the database does not answer"


_TAKES_NO_WRITES = """
    SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool
      FROM (SELECT count(*) FROM migrations) migrated
"""
_SPILL = "SELECT count(*) FROM (SELECT n FROM generate_series(1, 20000) n ORDER BY n DESC OFFSET 0) spilled"
