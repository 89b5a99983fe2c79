"""Serves one queue: reads as messages come, hands them to the handler, renews, settles in batches."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from shared.background import Background, Outage
from shared.bus.backoff import waits
from shared.bus.consuming import GiveBack, Settlement, attend
from shared.bus.protocol import BusUnavailable, Delivery, Handler, Subscription
from shared.bus.redis.queues import Queues
from shared.bus.redis.reader import Reader
from shared.bus.redis.wire import Taken
from shared.bus.workers import Workers

log = structlog.get_logger()

# How long a retry settled by another process may be overdue before this one looks.
POLL_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 2.0
# A handler's process may be stuck this long before its messages go to another.
LEASE = timedelta(seconds=15)
RENEWALS_PER_LEASE = 3
CLOSE_SECONDS = 2.0


class Consumer:
    """One subscription at work. `attached` tells whether the last look at the queue succeeded."""

    def __init__(
        self,
        queues: Queues,
        reader: Reader,
        subscription: Subscription,
        handler: Handler,
        lease: timedelta,
        slots: asyncio.Semaphore,
    ) -> None:
        self._queues = queues
        self._reader = reader
        self._queue = subscription.queue
        self._subscription = subscription
        self._handler = handler
        self._lease = lease
        self._slots = slots
        self._workers = Workers(subscription.concurrency)
        self._taking = Background()
        self._background = Background()
        # All that is ours and not yet settled in Redis.
        self._held: dict[str, Taken] = {}
        self._settled: list[tuple[Taken, Settlement]] = []
        self._anything_settled = asyncio.Event()
        self._anything_waiting = asyncio.Event()
        self._writing = asyncio.Lock()
        self.attached = False

    def start(self) -> None:
        self._taking.start(f"take {self._queue}", self._repeat("take", self._take))
        self._background.start(f"settle {self._queue}", self._repeat("settle", self._wait_and_settle))
        self._background.start(f"renew {self._queue}", self._repeat("renew", self._wait_and_renew))
        self._background.start(f"promote {self._queue}", self._repeat("promote", self._promote_and_wait))

    async def close(self, grace: timedelta) -> None:
        """Stop taking, let handlers finish within `grace`, give back the rest."""
        await self._taking.close()
        for taken in await self._reader.stop():
            if taken.entry not in self._held:
                self._settled.append((taken, GiveBack()))
        await self._workers.drain(grace)
        await self._background.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._settle()
                await self._queues.leave(self._queue)
        except (BusUnavailable, TimeoutError):
            log.warning("bus.closed_unsettled", queue=self._queue, messages=len(self._settled))
        await self._reader.close()

    def _repeat(self, task: str, step: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """The step for ever; with growing waits while Redis is away."""

        async def run() -> None:
            pauses, outage = waits(0.05, LONGEST_WAIT_SECONDS), Outage("bus.queue", queue=self._queue, task=task)
            while True:
                try:
                    await step()
                    pauses = waits(0.05, LONGEST_WAIT_SECONDS)
                    outage.over()
                except BusUnavailable as error:
                    outage.begins(error)
                    await asyncio.sleep(next(pauses))

        return run

    async def _take(self) -> None:
        wanted = await self._workers.room()
        try:
            if not self.attached:
                await self._attach()
            batch = await self._reader.next(wanted)
        except BusUnavailable:
            self.attached = False
            raise
        for taken in batch:
            if taken.entry not in self._held:
                self._held[taken.entry] = taken
                self._workers.start(self._handle(taken))

    async def _attach(self) -> None:
        """Declare the queue, and give back what a lost connection was handed without our ever seeing it."""
        await self._queues.declare(self._queue, self._subscription.keys)
        await self._reader.connect()
        unseen = [each for each in await self._queues.pending(self._queue) if each[0] not in self._held]
        found = [await self._queues.look_up(self._queue, entry, deliveries) for entry, deliveries in unseen]
        await self._queues.settle(self._queue, [(taken, GiveBack()) for taken in found if taken])
        self.attached = True

    async def _handle(self, taken: Taken) -> None:
        delivery = Delivery(taken.message, self._queue, taken.attempt)
        settlement: Settlement = GiveBack()
        try:
            async with self._slots:
                settlement = await attend(delivery, self._subscription, self._handler)
        finally:
            self._settled.append((taken, settlement))
            self._anything_settled.set()

    async def _wait_and_settle(self) -> None:
        if not self._settled:
            self._anything_settled.clear()
            await self._anything_settled.wait()
        await self._settle()

    async def _settle(self) -> None:
        async with self._writing:
            batch, self._settled = self._settled, []
            if not batch:
                return
            try:
                await self._queues.settle(self._queue, batch)
            except BaseException:
                # Settling is safe to repeat: what is no longer pending for us is left alone.
                self._settled = batch + self._settled
                raise
        for taken, _ in batch:
            self._held.pop(taken.entry, None)
        self._anything_waiting.set()

    async def _wait_and_renew(self) -> None:
        await asyncio.sleep(self._lease.total_seconds() / RENEWALS_PER_LEASE)
        async with self._writing:
            held = list(self._held)
            kept = await self._queues.renew(self._queue, held) if held else 0
        if kept < len(held):
            log.warning("bus.lease_lost", queue=self._queue, messages=len(held) - kept)

    async def _promote_and_wait(self) -> None:
        self._anything_waiting.clear()
        due = await self._queues.promote(self._queue)
        try:
            async with asyncio.timeout(POLL_SECONDS if due is None else min(due, POLL_SECONDS)):
                await self._anything_waiting.wait()
        except TimeoutError:
            return
