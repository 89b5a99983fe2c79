"""Serves one queue: leases messages, hands them to the handler, renews, settles in batches."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from shared.background import Background, Outage
from shared.bus.backoff import waits
from shared.bus.consuming import GiveBack, Gone, Retry, Settlement, attend
from shared.bus.postgres import queries
from shared.bus.postgres.queries import Taken
from shared.bus.postgres.sessions import Sessions
from shared.bus.protocol import BusUnavailable, Delivery, Handler, Subscription
from shared.bus.workers import Workers
from shared.lookback import Lookback

log = structlog.get_logger()

# The truth behind lost wake-ups.
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
        sessions: Sessions,
        subscription: Subscription,
        handler: Handler,
        lease: timedelta,
        slots: asyncio.Semaphore,
        *,
        receipts: bool = False,
    ) -> None:
        """`receipts`: handlers write to the same database, and may acknowledge in their own transaction."""
        self._sessions = sessions
        self._subscription = subscription
        self._handler = handler
        self._lease = lease
        self._slots = slots
        self._receipts = receipts
        self._workers = Workers(subscription.concurrency)
        self._background = Background()
        self._woken = asyncio.Event()
        self._lookback = Lookback()
        self._something_is_due = False
        self._taking: asyncio.Future[list[Taken]] | None = None
        self._held: dict[int, Taken] = {}
        self._settled: list[tuple[Taken, Settlement]] = []
        self._anything_settled = asyncio.Event()
        # Renewing and settling lock several rows each; one at a time, so that they can't deadlock.
        self._writing = asyncio.Lock()
        self._any_left = False
        self._outage = Outage("bus.queue", queue=subscription.queue)
        self.attached = False

    def start(self) -> None:
        name = self._subscription.queue
        self._background.start(f"take {name}", self._repeat(self._take_and_wait))
        self._background.start(f"settle {name}", self._repeat(self._wait_and_settle))
        self._background.start(f"renew {name}", self._repeat(self._wait_and_renew))

    def wake(self) -> None:
        self._woken.set()

    async def close(self, grace: timedelta) -> None:
        """Stop taking, let handlers finish within `grace`, give back the rest."""
        await self._background.close()
        for taken in await self._last_taken():
            self._settled.append((taken, GiveBack()))
        await self._workers.drain(grace)
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._settle()
        except (BusUnavailable, TimeoutError):
            log.warning("bus.closed_unsettled", queue=self._subscription.queue, messages=len(self._settled))

    def has_settled(self) -> bool:
        """Whether any message has left the queue since this was last asked."""
        settled, self._any_left = self._any_left, False
        return settled

    def _wake_for_due(self) -> None:
        self._something_is_due = True
        self.wake()

    def _repeat(self, step: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """The step for ever; with growing waits while the database is away."""

        async def run() -> None:
            pauses = waits(0.05, LONGEST_WAIT_SECONDS)
            while True:
                try:
                    await step()
                    pauses = waits(0.05, LONGEST_WAIT_SECONDS)
                except BusUnavailable as error:
                    self._outage.begins(error)
                    self.attached = False
                    self._lookback.forget()
                    await asyncio.sleep(next(pauses))

        return run

    async def _take_and_wait(self) -> None:
        wanted = await self._workers.room()
        self._woken.clear()
        # In its own task: cancelled in the middle, the rows would be leased and nobody know it.
        reach, self._something_is_due = self._lookback.reach(self._something_is_due), False
        self._taking = asyncio.ensure_future(
            queries.take(self._sessions, self._subscription.queue, wanted, self._lease, reach)
        )
        batch = await asyncio.shield(self._taking)
        self._taking = None
        self._lookback.saw(taken.id for taken in batch if taken.fresh)
        self.attached = True
        self._outage.over()
        for taken in batch:
            self._held[taken.id] = taken
            self._workers.start(self._handle(taken))
        if len(batch) < wanted:
            await self._wait_for_wake_up()

    async def _wait_for_wake_up(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _last_taken(self) -> list[Taken]:
        """What a take that was under way when we stopped still brought."""
        if self._taking is None:
            return []
        try:
            return await self._taking
        except BusUnavailable:
            return []

    async def _handle(self, taken: Taken) -> None:
        receipt = taken.receipt if self._receipts else None
        delivery = Delivery(taken.message, self._subscription.queue, taken.attempt, receipt)
        settlement: Settlement = GiveBack()
        try:
            async with self._slots:
                settlement = await attend(delivery, self._subscription, self._handler)
        finally:
            self._held.pop(taken.id, None)
            self._any_left = True
            if not isinstance(settlement, Gone):
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
                await queries.settle(self._sessions, batch)
            except BaseException:
                # Settling is safe to repeat: the tokens tell what is still ours.
                self._settled = batch + self._settled
                raise
        for _, settlement in batch:
            if isinstance(settlement, Retry):
                asyncio.get_running_loop().call_later(settlement.after.total_seconds(), self._wake_for_due)

    async def _wait_and_renew(self) -> None:
        await asyncio.sleep(self._lease.total_seconds() / RENEWALS_PER_LEASE)
        async with self._writing:
            held = list(self._held.values()) + [taken for taken, _ in self._settled]
            kept = await queries.renew(self._sessions, held, self._lease) if held else set()
        if lost := sum(taken.id not in kept and not taken.receipt.used for taken in held):
            log.warning("bus.lease_lost", queue=self._subscription.queue, messages=lost)
