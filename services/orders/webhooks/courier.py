"""Brings owed deliveries to their endpoints: some at once, few to each, and fewer to those that fail.

No endpoint can hold the others up. Each has at most `each` deliveries under way, so its backlog waits
behind itself alone; and all those whose last answer was a failure share `failing_slots` of the `slots`,
so that however many hang, the rest is there for the endpoints that work.
"""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import structlog
from prometheus_client import CollectorRegistry

from services.orders.store import webhook_deliveries as store
from services.orders.store.webhook_deliveries import Owed
from services.orders.webhooks.delivering import ATTEMPT_SECONDS, deliver
from services.orders.webhooks.measuring import DeliveryMeasures
from services.orders.webhooks.outcomes import Outcome, Unanswered, after
from services.orders.webhooks.settling import NAMES, noted, settle
from services.orders.webhooks.vault import Unopenable, Vault
from shared.background import Outage
from shared.database import DatabaseUnavailable, Pool, connection

log = structlog.get_logger()

POLL_SECONDS = 1.0
# A look costs a look at every webhook: one for all that ended meanwhile.
GATHER_SECONDS = 0.02
AWAY_SECONDS = 1.0
STOP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How many deliveries are under way at once in this process: in all, and to each endpoint."""

    slots: int = 64
    each: int = 4
    failing_slots: int = 32
    failing_each: int = 1
    attempt_seconds: float = ATTEMPT_SECONDS


class Courier:
    """Any number of them may work on one database at once."""

    def __init__(
        self,
        pool: "Pool[Any]",
        http: aiohttp.ClientSession,
        vault: Vault,
        limits: Limits | None = None,
        measures: DeliveryMeasures | None = None,
    ) -> None:
        self._measures = measures or DeliveryMeasures(CollectorRegistry())
        self._pool = pool
        self._http = http
        self._vault = vault
        self._limits = limits or Limits()
        self._under_way: dict[asyncio.Task[None], Owed] = {}
        self._woken = asyncio.Event()
        self._outage = Outage("webhook")

    def wake(self) -> None:
        """Something is owed."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver until cancelled; what is under way then gets 2 seconds, and is given back after that."""
        looking: asyncio.Task[int] | None = None
        try:
            while True:
                self._woken.clear()
                looking = asyncio.create_task(self._look())
                # Cancelled in the middle, rows would be leased and nobody know it.
                found = await asyncio.shield(looking)
                await (asyncio.sleep(GATHER_SECONDS) if found else self._until_woken())
        finally:
            if looking:
                await asyncio.wait({looking})
            await self._stop()

    async def _look(self) -> int:
        """Start what is due and fits; returns how many that was."""
        try:
            found = await self._start(failing=False) + await self._start(failing=True)
        except DatabaseUnavailable as error:
            self._outage.begins(error)
            await asyncio.sleep(AWAY_SECONDS)
            return 0
        self._outage.over()
        return found

    async def _start(self, *, failing: bool) -> int:
        found = await self._take(failing=failing)
        for owed in found:
            task = asyncio.create_task(self._attempt(owed))
            self._under_way[task] = owed
            task.add_done_callback(self._ended)
        return len(found)

    async def _take(self, *, failing: bool) -> list[Owed]:
        limits, under_way = self._limits, self._under_way.values()
        free = limits.slots - len(under_way)
        if failing:
            free = min(free, limits.failing_slots - sum(owed.failing for owed in under_way))
        if free <= 0:
            return []
        busy = Counter(owed.webhook for owed in under_way)
        each = limits.failing_each if failing else limits.each
        async with connection(self._pool) as held:
            return await store.take(held, free, each, busy, failing=failing)

    async def _attempt(self, owed: Owed) -> None:
        begun, at = time.monotonic(), datetime.now(UTC)
        try:
            outcome = await self._deliver(owed)
        except asyncio.CancelledError:
            with suppress(DatabaseUnavailable):
                async with connection(self._pool) as held:
                    await store.give_back(held, owed)
            raise
        seconds = time.monotonic() - begun
        step = after(outcome, owed.attempt, random.random())
        self._measures.attempted(NAMES[type(step)], seconds)
        await settle(self._pool, owed, step, noted(step, outcome, at, round(seconds * 1000)))

    async def _deliver(self, owed: Owed) -> Outcome:
        try:
            secrets = [self._vault.open(sealed, owed.webhook) for sealed in owed.sealed]
        except Unopenable as error:
            log.warning("webhook.secret-unopenable", webhook=str(error))
            return Unanswered("It can't be signed: its secret can't be read any more. Rotate the secret.")
        try:
            return await deliver(self._http, owed.url, owed.message, owed.body, secrets, self._limits.attempt_seconds)
        except Exception:
            # Whatever it is, it counts as an attempt: it must not come round for ever.
            log.exception("webhook.broken", webhook=str(owed.webhook), message_id=str(owed.message))
            return Unanswered("Something broke on our side.")

    async def _until_woken(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._woken.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("webhook.not-settled", exc_info=error)

    async def _stop(self) -> None:
        tasks = list(self._under_way)
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
