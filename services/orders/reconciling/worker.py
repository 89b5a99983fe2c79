"""Finds what was lost on its way, and owes it to the bus once more. One process at a time does, whichever gets to it.

Everything that is found stays in tables of orders' own: a process that dies here leaves nothing half done.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from services.orders.reconciling import rules
from services.orders.reconciling.announcing import announce_again
from services.orders.reconciling.measuring import ReconcilerMeasures
from services.orders.reconciling.retelling import owe_again
from services.orders.reconciling.rules import Load, Waits
from services.orders.store import reconciling as store
from services.orders.store.reconciling import Waiting, Walk
from shared.background import Outage
from shared.bus import Bus, BusUnavailable, Message
from shared.database import Connection, DatabaseUnavailable, Pool, connection, transaction
from shared.messages import OrderPlaced, SignInRequested
from shared.outbox import Relay
from shared.queues import FOLLOWED_BY, queue_of

log = structlog.get_logger()

BATCH = 200
WALKED_AT_ONCE = 5000
# Leaves the database to others between two steps.
PAUSE_SECONDS = 0.05
STATUS_SECONDS = 5.0

# The queues on an order's way from its commit to its last report.
WAY = [
    queue_of("tickets", OrderPlaced),
    *(queue_of("mailer", kind) for kind in FOLLOWED_BY["mailer"] if kind is not SignInRequested),
    *(queue_of("orders", kind) for kind in FOLLOWED_BY["orders"]),
]


class Reconciler:
    """Any number may run side by side."""

    def __init__(
        self,
        pool: "Pool[Any]",
        bus: Bus,
        relay: Relay,
        waits: Waits | None = None,
        measures: ReconcilerMeasures | None = None,
    ) -> None:
        self._pool = pool
        self._bus = bus
        self._relay = relay
        self._waits = waits or Waits()
        self._measures = measures or ReconcilerMeasures()
        self._outage = Outage("reconciler")

    async def run(self) -> None:
        """For `Background.start`."""
        while True:
            try:
                await self.round()
                self._outage.over()
            except (DatabaseUnavailable, BusUnavailable) as error:
                self._outage.begins(error)
            await asyncio.sleep(self._waits.every.total_seconds())

    async def round(self) -> None:
        """Look at all there is to look at. Raises `DatabaseUnavailable`, `BusUnavailable`."""
        for step in (self._walk, self._ask, self._announce):
            while await step():
                await asyncio.sleep(PAUSE_SECONDS)

    async def _walk(self) -> bool:
        """Whether there is more to walk past."""
        async with transaction(self._pool) as held:
            progress = await store.lock_progress(held)
            if progress is None:
                return False
            walks: tuple[tuple[Walk, Any, Any], ...] = (
                ("walked_to", progress.walked_to, self._waits.first),
                ("walked_again_to", progress.walked_again_to, self._waits.second_walk),
            )
            passed = [await store.walk(held, walk, after, age, WALKED_AT_ONCE) for walk, after, age in walks]
            return max(passed) == WALKED_AT_ONCE

    async def _ask(self) -> bool:
        """Whether there may be more to ask for."""
        async with connection(self._pool) as held:
            watched = await store.any_waiting(held)
        scope = rules.scope(await self._load(watched)) if watched else "none"
        if scope == "none":
            return False
        async with transaction(self._pool) as held:
            progress = await store.lock_progress(held)
            if progress is None:
                return False
            before = rules.overtaken_before(progress.fulfilled_to) if scope == "overtaken" else None
            if scope == "overtaken" and before is None:
                return False
            found = await store.waiting(held, BATCH, before)
            owed = await self._judge(held, found)
        self._told(owed)
        return len(found) == BATCH

    async def _judge(self, held: Connection, found: Sequence[Waiting]) -> list[Message]:
        if settled := [one.order for one in found if one.waits_for is None]:
            await store.forget_settled(held, settled)
        unsettled = [one for one in found if one.waits_for is not None]
        early = [(one.order.id, self._waits.first - one.waited) for one in unsettled if self._early(one)]
        await store.look_later(held, early, asked=False)
        late = [one for one in unsettled if not self._early(one)]
        waits = [(one.order.id, rules.wait_after(one.times_asked + 1, self._waits)) for one in late]
        await store.look_later(held, waits, asked=True)
        return await owe_again(held, [one.order for one in late]) if late else []

    def _early(self, one: Waiting) -> bool:
        return one.times_asked == 0 and one.waited < self._waits.first

    async def _announce(self) -> bool:
        async with transaction(self._pool) as held:
            if await store.lock_progress(held) is None:
                return False
            owed = await announce_again(held, BATCH)
        self._told(owed)
        return len(owed) == BATCH

    async def _load(self, watched: int) -> Load:
        backlog = await self._relay.backlog()
        try:
            async with asyncio.timeout(STATUS_SECONDS):
                states = await self._bus.status(WAY)
        except TimeoutError as error:
            raise BusUnavailable("the broker does not say how its queues stand") from error
        moving = sum(state.ready + state.in_flight for state in states)
        return Load(backlog.count, moving, sum(state.waiting for state in states), watched)

    def _told(self, owed: Sequence[Message]) -> None:
        if owed:
            self._relay.wake()
            self._measures.told_again(message.key for message in owed)
            log.info("reconciler.told-again", messages=len(owed))
