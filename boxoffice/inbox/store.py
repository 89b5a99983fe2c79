"""The mails on disk: SQLite with a write-ahead log, flushed before a mail counts as kept.

Mails that arrive while others are being committed are committed together. All are kept until they
are deleted: whoever tests with a hundred thousand orders wants to find a hundred thousand mails.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from boxoffice.inbox import tables
from boxoffice.inbox.tables import Arrival, Kept, Listing

T = TypeVar("T")


class Mailbox:
    """One thread writes, one reads; both are ours. The version grows with every change."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / "inbox.db"
        self._waiting: list[tuple[Arrival, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._writer, self._reader = ThreadPoolExecutor(1, "writer"), ThreadPoolExecutor(1, "reader")
        self._connections = [self._writer.submit(self._open).result(), self._reader.submit(self._open).result()]
        self._version = 0
        self._changed = asyncio.Condition()

    async def keep(self, arrival: Arrival) -> None:
        """On disk when this returns. Raises `sqlite3.Error`, and then it is not kept."""
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, kept))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_waiting())
        await kept

    async def listing(self, start: int, limit: int) -> Listing:
        return await self._read(tables.listing, start, limit)

    async def find(self, identity: str) -> Kept | None:
        """By id; `latest` is the newest. Marks it as read."""
        kept = await self._read(tables.find, identity)
        if kept and not kept.seen:
            await self._write(tables.mark_seen, kept.id)
        return kept

    async def delete(self, identities: Sequence[str]) -> None:
        """These; all when there are none."""
        await self._write(tables.delete, identities)

    async def version_after(self, known: int) -> int:
        """Wait until the version is another than the known one."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._version != known)
            return self._version

    async def close(self) -> None:
        if self._writing:
            await self._writing
        for executor, connection in zip((self._writer, self._reader), self._connections, strict=True):
            executor.submit(connection.close).result()
            executor.shutdown()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=10)
        connection.executescript(f"PRAGMA journal_mode = wal; PRAGMA synchronous = full; {tables.SCHEMA}")
        return connection

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await self._write(tables.keep_all, [arrival for arrival, _ in batch])
            except sqlite3.Error as error:
                for _, kept in batch:
                    if not kept.done():
                        kept.set_exception(error)
                continue
            for _, kept in batch:
                if not kept.done():
                    kept.set_result(None)
        self._writing = None

    async def _read(self, work: Callable[..., T], *arguments: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reader, work, self._connections[1], *arguments)

    async def _write(self, work: Callable[..., None], *arguments: Any) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, _in_transaction, self._connections[0], work, *arguments)
        async with self._changed:
            self._version += 1
            self._changed.notify_all()


def _in_transaction(connection: sqlite3.Connection, work: Callable[..., None], *arguments: Any) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        work(connection, *arguments)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
