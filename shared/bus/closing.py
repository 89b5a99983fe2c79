"""Closing once, however often and by however many it is asked."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Once:
    """Runs a coroutine the first time; every caller waits for that one run, and none can cut it short."""

    def __init__(self) -> None:
        self._run: asyncio.Task[None] | None = None

    @property
    def begun(self) -> bool:
        return self._run is not None

    async def run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._run is None:
            self._run = asyncio.create_task(work())
        await asyncio.shield(self._run)
