"""From the outbox to the bus."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar
from uuid import uuid4

from shared.background import Outage
from shared.bus.backoff import waits
from shared.bus.postgres.direct import DirectPublisher
from shared.bus.protocol import Bus, BusError, BusUnavailable, Message
from shared.database import DatabaseUnavailable, Pool
from shared.lookback import Lookback
from shared.outbox import rows
from shared.outbox.rows import Backlog

T = TypeVar("T")

BATCH = 500
# A publish that takes longer has an unknown outcome; ended well before the lease, so that no other
# relay is at the same rows meanwhile.
PUBLISH_SECONDS = 8.0
POLL_SECONDS = 0.5
# A round costs its three transactions however few rows it holds: under load the next one waits until it is worth them.
# The first row after a quiet moment goes at once.
GATHER_SECONDS = 0.05
# While something more urgent wants the database: so long between two rounds, which still moves 1,000 messages a second.
GIVE_WAY_SECONDS = 0.5
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 1.0
STOP_SECONDS = 2.0


class Relay:
    """Publishes one schema's outbox. Any number of relays may work on it at once."""

    def __init__(self, pool: "Pool[Any]", bus: Bus, direct: DirectPublisher | None = None) -> None:
        """`direct` is the publisher of `pool`'s connections, when they have one: consumers are woken for it."""
        self._pool = pool
        self._bus = bus
        self._direct = direct
        self._looked_at = -POLL_SECONDS
        self._woken = asyncio.Event()
        self._lookback = Lookback()
        self._outage = Outage("outbox")

    def wake(self) -> None:
        """Something was committed."""
        self._woken.set()

    async def backlog(self) -> Backlog:
        """Raises `DatabaseUnavailable`."""
        return await rows.backlog(self._pool)

    async def run(self, crowded: Callable[[], bool] = lambda: False) -> None:
        """Relay until cancelled; a round under way is then finished within 2 seconds.

        While `crowded` says so it leaves the machine to what is more urgent, and catches up afterwards.
        """
        pauses = _pauses()
        while True:
            self._woken.clear()
            try:
                went = await self._step()
            except (BusUnavailable, DatabaseUnavailable) as error:
                self._outage.begins(error)
                await asyncio.sleep(next(pauses))
                continue
            self._outage.over()
            pauses = _pauses()
            if not went:
                await self._until_woken()
            elif crowded():
                await _give_way(crowded)
            elif went < BATCH // 2:
                await asyncio.sleep(GATHER_SECONDS)

    async def _step(self) -> int:
        """After direct publishing a wake-up is enough: the outbox has only what was left over, and is polled."""
        if self._direct and self._direct.owes_wake_up:
            await self._direct.wake_consumers()
            if time.monotonic() - self._looked_at < POLL_SECONDS:
                return 0
        self._looked_at = time.monotonic()
        return await _finished_even_if_cancelled(self._round())

    async def _round(self) -> int:
        """Publish one batch; returns how many rows it held. One row alone while the broker is away."""
        token, away = uuid4(), self._outage.lasts
        batch = await rows.take(self._pool, token, 1 if away else BATCH, self._lookback.reach(away))
        self._lookback.saw(owed.position for owed in batch if owed.fresh)
        if not batch:
            return 0
        outcomes = await self._publish([owed.message for owed in batch])
        await rows.settle(self._pool, token, list(zip(batch, outcomes, strict=True)))
        for outcome in outcomes:
            if outcome is not None and rows.is_outage(outcome):
                raise outcome
        return len(batch)

    async def _publish(self, messages: Sequence[Message]) -> list[BusError | None]:
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                return await self._bus.publish(messages)
        except TimeoutError:
            return [BusUnavailable(f"no outcome within {PUBLISH_SECONDS:g} s")] * len(messages)

    async def _until_woken(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return


async def _give_way(crowded: Callable[[], bool]) -> None:
    ends = time.monotonic() + GIVE_WAY_SECONDS
    while crowded() and time.monotonic() < ends:
        await asyncio.sleep(GATHER_SECONDS)


def _pauses() -> Iterator[float]:
    return waits(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS)


async def _finished_even_if_cancelled(work: Coroutine[Any, Any, T]) -> T:
    """A cancelled round would leave its rows leased; it gets a moment to confirm and remove them."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,), timeout=STOP_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
