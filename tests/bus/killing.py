"""A consumer in a process of its own, for `kill -9` and SIGTERM."""

import asyncio
import os
import sys
from pathlib import Path
from types import TracebackType

# Settings that a service needs to start, and this one never uses.
NO_DATABASE = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
ROOT = Path(__file__).parent.parent.parent


class Victim:
    """Runs `tests.bus.victim`; whatever happens, it is gone afterwards."""

    def __init__(self, url: str, queue: str, key: str) -> None:
        self._arguments = (sys.executable, "-m", "tests.bus.victim", url, queue, key)
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "Victim":
        self._process = await asyncio.create_subprocess_exec(
            *self._arguments, cwd=ROOT, env=os.environ | NO_DATABASE, stdout=asyncio.subprocess.PIPE
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()

    async def holding(self) -> str:
        """The line with which it says what it has in hand."""
        assert self._process
        assert self._process.stdout
        async with asyncio.timeout(30):
            while not (line := (await self._process.stdout.readline()).decode().strip()).startswith("holding"):
                assert line or self._process.returncode is None, "the victim ended by itself"
        return line

    async def kill(self) -> None:
        assert self._process
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> int:
        """Tell it to stop; its exit code."""
        assert self._process
        self._process.terminate()
        async with asyncio.timeout(30):
            return await self._process.wait()
