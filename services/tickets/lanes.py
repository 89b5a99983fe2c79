"""Who gets the next free worker: small orders and large ones side by side.

Large orders have all workers but one, so that small ones never wait for them, and always one while any of them
waits, so that a stream of small ones doesn't keep them out. Within a lane it is first come, first served.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

W = TypeVar("W")


class Lanes(Generic[W]):
    """`workers`, each for one order at a time; large orders need at least two."""

    def __init__(self, workers: Sequence[W]) -> None:
        self._workers = len(workers)
        self._free = list(workers)
        self._small: deque[asyncio.Future[W]] = deque()
        self._large: deque[asyncio.Future[W]] = deque()
        self._drawing_large = 0

    @property
    def large(self) -> int:
        """Large orders that wait or are being drawn."""
        return len(self._large) + self._drawing_large

    def add(self, worker: W) -> None:
        """One more; it is taken last of those that are free."""
        self._workers += 1
        self._free.insert(0, worker)
        self._hand_out()

    @asynccontextmanager
    async def worker(self, *, large: bool, within: float) -> AsyncIterator[W]:
        """Hold a worker as soon as it is this order's turn. Raises `TimeoutError` after `within` seconds."""
        async with asyncio.timeout(within):
            worker = await self._take(large)
        try:
            yield worker
        finally:
            self._put_back(worker, large)

    async def _take(self, large: bool) -> W:
        turn: asyncio.Future[W] = asyncio.get_running_loop().create_future()
        lane = self._large if large else self._small
        lane.append(turn)
        self._hand_out()
        try:
            return await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._put_back(turn.result(), large)
            elif turn in lane:
                lane.remove(turn)
            raise

    def _put_back(self, worker: W, large: bool) -> None:
        self._drawing_large -= large
        self._free.append(worker)
        self._hand_out()

    def _hand_out(self) -> None:
        while self._free and (lane := self._next()) is not None:
            self._drawing_large += lane is self._large
            lane.popleft().set_result(self._free.pop())

    def _next(self) -> "deque[asyncio.Future[W]] | None":
        for lane in (self._small, self._large):
            # Whoever was cancelled in this moment has not come round to leaving.
            while lane and lane[0].cancelled():
                lane.popleft()
        may_large = bool(self._large) and self._drawing_large < self._workers - 1
        if may_large and not self._drawing_large:
            return self._large
        if self._small:
            return self._small
        return self._large if may_large else None
