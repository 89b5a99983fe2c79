"""Keeps the queues of a bus declared, whatever happens to its broker."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from shared.bus.backoff import waits
from shared.bus.protocol import BusUnavailable

LONGEST_WAIT_SECONDS = 2.0

Declare = Callable[[str, Sequence[str]], Awaitable[None]]


class Declarations:
    """What was declared through this bus, declared again when asked to, and until it is in force."""

    def __init__(self, declare: Declare) -> None:
        """`declare(queue, keys)` talks to the broker; raises `BusUnavailable` when it is away."""
        self._declare = declare
        self._keys: dict[str, set[str]] = {}
        self._owed: set[str] = set()
        self._again = asyncio.Event()

    @property
    def in_force(self) -> bool:
        """Nothing waits to be declared for the first time."""
        return not self._owed

    def again(self) -> None:
        """Someone may have emptied the broker."""
        self._again.set()

    async def add(self, queue: str, keys: Sequence[str]) -> None:
        """Returns once the queue is there, or at once with the broker away."""
        self._keys.setdefault(queue, set()).update(keys)
        try:
            await self._declare(queue, keys)
        except BusUnavailable:
            self._owed.add(queue)
            self._again.set()

    async def run(self) -> None:
        """Declare whenever asked, until cancelled."""
        pauses = waits(0.1, LONGEST_WAIT_SECONDS)
        while True:
            await self._again.wait()
            self._again.clear()
            try:
                for queue, keys in list(self._keys.items()):
                    await self._declare(queue, sorted(keys))
                    self._owed.discard(queue)
                pauses = waits(0.1, LONGEST_WAIT_SECONDS)
            except BusUnavailable:
                self._again.set()
            await asyncio.sleep(next(pauses))
