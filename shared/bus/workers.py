"""The handler tasks of one subscription, and how they end."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

# How long a cancelled handler may take to clean up before it is left behind.
CANCEL_SECONDS = 1.0


class Workers:
    """Runs at most `limit` handlers at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()

    @property
    def free(self) -> int:
        return self._limit - len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def room(self) -> int:
        """Wait until at least one more may start; returns how many."""
        while self.free <= 0:
            self._freed.clear()
            await self._freed.wait()
        return self.free

    async def drain(self, grace: timedelta) -> None:
        """Wait for the running ones up to `grace`, then cancel them and wait until they are gone."""
        await self._until_idle(grace.total_seconds())
        for task in self._tasks:
            task.cancel()
        await self._until_idle(CANCEL_SECONDS)

    async def _until_idle(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        except TimeoutError:
            return

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._freed.set()
        if not task.cancelled() and (error := task.exception()):
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a worker failed outside its handler", "exception": error, "task": task}
            )
