"""A PostgreSQL of our own: made, started, supervised and stopped; its data lies under the data directory.

It listens on the loopback alone and lets in only who knows the password. Nothing is relaxed: what
was committed is on the disk. It runs as an unprivileged user when we are root, even where that user
may not enter the folders above: the server gets its data folder as its working directory, and
reaches it as `/proc/self/cwd`. When our process is gone, killed or not, it shuts down (Linux).

    async with EmbeddedPostgres(Path("data")) as url: ...
"""

import asyncio
import os
import signal
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import asyncpg

from boxoffice import postgres_commands
from boxoffice.child import Child, children_of, describe_end
from boxoffice.failures import CannotStart
from boxoffice.locking import FileLock, Taken
from boxoffice.ports import LOOPBACK, free_port
from boxoffice.postgres_binaries import Binaries, find_binaries, for_user
from boxoffice.postgres_cluster import DATABASE, Cluster
from boxoffice.postgres_commands import Owner
from boxoffice.postgres_making import make_data

# The first attempts may meet the last of a killed server's processes, or lose the port to someone quicker.
ATTEMPT_WAITS = (0.1, 0.2, 0.4, 0.8, 1.6)
# Recovery after a crash replays at most a checkpoint's distance of log, seconds; a slow disk gets a minute.
READY_SECONDS = 60.0
STOP_SECONDS = 10.0
IMMEDIATE_SECONDS = 1.0
POLL_SECONDS = 0.01


def running_url(data_dir: Path) -> str | None:
    """The URL of the server that runs for this data directory now; None where none answers."""
    cluster = Cluster(data_dir.absolute() / "postgres")
    found = cluster.postmaster()
    if found is None or not found.ready:
        return None
    try:
        socket.create_connection((LOOPBACK, found.port), timeout=1).close()
    except OSError:
        return None
    return cluster.url(found.port)


class EmbeddedPostgres:
    """One server over `data_dir/postgres`. `on_line` gets what it logs."""

    name = "postgres"

    def __init__(self, data_dir: Path, on_line: Callable[[str], None] | None = None) -> None:
        self._cluster = Cluster(data_dir.absolute() / "postgres")
        self._on_line = on_line
        self._last_lines: deque[str] = deque(maxlen=50)
        self._lock: FileLock | None = None
        self._child: Child | None = None
        self._port = 0
        self.version = ""

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Of the database `boxoffice`, once it has been started."""
        return self._cluster.url(self._port)

    async def start(self) -> str:
        """The URL of the database `boxoffice`, ready to use. Again after its end: on the same port.

        Raises `CannotStart`.
        """
        try:
            return await self._start()
        except BaseException:
            await self.stop(grace=IMMEDIATE_SECONDS)
            raise

    async def ended(self) -> int:
        """Wait until the server is gone; returns its exit code."""
        return await self._child.ended() if self._child else 0

    async def stop(self, grace: float = STOP_SECONDS) -> None:
        """Fast shutdown; past `grace` seconds an immediate one, from which the next start recovers. Idempotent."""
        if self._child and self._child.exit_code is None:
            self._child.signal(signal.SIGINT)
            done, _ = await asyncio.wait([asyncio.ensure_future(self._child.ended())], timeout=grace)
            if not done:
                self._child.signal(signal.SIGQUIT)
            await self._child.stop(IMMEDIATE_SECONDS)
        if self._lock:
            self._lock.release()
            self._lock = None

    def kill(self) -> None:
        """At once, with all its processes; the next start recovers every committed row.

        Each is in a session of its own, and a stopped one would go on holding the shared memory.
        """
        if self._child:
            processes = children_of(self._child.pid)
            self._child.kill()
            for pid in processes:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    async def answers(self) -> bool:
        """Refusing us, as while it recovers or has no connection left, is an answer."""
        try:
            connection = await asyncpg.connect(self.url, timeout=READY_SECONDS)
        except (asyncpg.PostgresError, asyncpg.InterfaceError):
            return True
        try:
            return await connection.fetchval("SELECT true") is True
        finally:
            connection.terminate()

    def last_words(self) -> str:
        """The likeliest reason for its end among its last lines, else the very last; empty before there are any."""
        grave = [line for line in self._last_lines if "FATAL:" in line or "error:" in line]
        return (grave or [*self._last_lines] or [""])[-1].strip()

    async def _start(self) -> str:
        self._claim()
        owner = self._cluster.owner()
        binaries = find_binaries(self._cluster.major())
        if owner:
            binaries = for_user(binaries, owner[0])
        self.version = binaries.version
        if self._cluster.major() is None:
            code = await make_data(self._cluster, binaries, owner, self._note)
            if code != 0:
                raise CannotStart(f"PostgreSQL can't make its data: initdb {describe_end(code)}: {self.last_words()}")
        await self._evict_orphan()
        await self._launch(binaries, owner)
        await self._make_database()
        return self.url

    def _claim(self) -> None:
        folder = self._cluster.folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = self._lock or FileLock(folder / "lock")
        except Taken as error:
            raise CannotStart(
                f"another process ({error.holder}) runs a PostgreSQL on {folder}: stop that one"
            ) from None
        except OSError as error:
            raise CannotStart(f"can't write to {folder}: {error.strerror}") from None

    async def _evict_orphan(self) -> None:
        """We hold the lock: a server still on this data lost its supervisor, and is going or must go."""
        for farewell in (signal.SIGINT, signal.SIGQUIT):
            found = self._cluster.postmaster()
            if found is None:
                break
            with suppress(ProcessLookupError):
                os.kill(found.pid, farewell)
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    while self._cluster.postmaster():
                        await asyncio.sleep(POLL_SECONDS)
            except TimeoutError:
                continue
        self._cluster.discard_stale_pid()

    async def _launch(self, binaries: Binaries, owner: Owner) -> None:
        fixed = self._port
        for wait in (*ATTEMPT_WAITS, None):
            self._port = fixed or free_port(self._cluster.last_port())
            command = postgres_commands.server(binaries, self._cluster.data, owner, self._port)
            self._child = await Child.start(command, self._note)
            if await self._became_ready(self._child):
                self._cluster.remember_port(self._port)
                return
            if wait is None:
                raise CannotStart(f"PostgreSQL does not start on {self._cluster.data}: {self.last_words()}")
            await asyncio.sleep(wait)

    async def _became_ready(self, child: Child) -> bool:
        try:
            async with asyncio.timeout(READY_SECONDS):
                while child.exit_code is None:
                    found = self._cluster.postmaster()
                    if found and found.pid == child.pid and found.ready:
                        return True
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise CannotStart(f"PostgreSQL is not ready after {READY_SECONDS:g} s: {self.last_words()}") from None
        await child.ended()
        return False

    async def _make_database(self) -> None:
        try:
            await self._make_missing_database()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise CannotStart(f"PostgreSQL started, but does not serve: {error}") from error

    async def _make_missing_database(self) -> None:
        connection = await asyncpg.connect(self._cluster.url(self._port, "postgres"), timeout=READY_SECONDS)
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()

    def _note(self, line: str) -> None:
        self._last_lines.append(line)
        if self._on_line:
            self._on_line(line)
