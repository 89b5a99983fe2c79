"""Orders placed in batches: one transaction for all that are waiting (group commit).

No timer: the next batch forms while this one commits, so a lone order waits for nothing and a
crowd shares one lock and one flush to disk.

How an order that can't be placed fares:

    too many wait      turned away at once (`Overloaded`): it was not placed
    waits too long     turned away after `Limits.wait` (`Overloaded`): it was not placed
    database away      `DatabaseUnavailable`: it was not placed
    away in the middle `OutcomeUnknown`; the same when there is no answer after `Limits.answer`
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from services.orders.committing import Answer, Outcome, commit_batch, earlier_answer, settle
from services.orders.measuring import OrderMeasures
from services.orders.placing import IdempotencyKey, PlaceOrder
from shared.database import DatabaseUnavailable, OutcomeUnknown, Pool

log = structlog.get_logger()

SWEEP_SECONDS = 0.05


class Overloaded(Exception):
    """Too many orders are waiting, or this one waited past its time; it was not placed."""


class KeyInUse(Exception):
    """An order with the same Idempotency-Key is waiting in this process."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`wait` is how long an order may wait for its turn, `answer` its client for anything; in seconds.

    With `crowd` orders at hand, placing them comes before everything that can wait.
    A full queue of 4096 is placed within a second on two cores, so `wait` is met unless the database stands still.
    """

    batch: int = 256
    crowd: int = 64
    waiting: int = 4096
    wait: float = 3.0
    answer: float = 5.0


@dataclass(slots=True)
class _Waiting:
    order: PlaceOrder
    since: float
    answer: "asyncio.Future[Answer]"


class Placer:
    """Takes orders one by one, places them in batches, first come, first served."""

    def __init__(
        self,
        pool: "Pool[Any]",
        on_commit: Callable[[], None],
        limits: Limits | None = None,
        measures: OrderMeasures | None = None,
    ) -> None:
        self._measures = measures or OrderMeasures(CollectorRegistry())
        self._pool = pool
        self._on_commit = on_commit
        self._limits = limits or Limits()
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Waiting] = deque()
        self._in_hand: Sequence[_Waiting] = ()
        self._arrived = asyncio.Event()
        self._keys: set[bytes] = set()

    @property
    def full(self) -> bool:
        """The next order would be turned away."""
        return len(self._waiting) >= self._limits.waiting

    def refuse_when_full(self) -> None:
        """Raises `Overloaded`."""
        if self.full:
            self._measures.turned_away()
            raise Overloaded

    @property
    def crowded(self) -> bool:
        """So many orders are at hand that what can wait should."""
        return len(self._in_hand) + len(self._waiting) >= self._limits.crowd

    async def place(self, order: PlaceOrder) -> Answer:
        """Returns once the answer is true on disk.

        Raises `Overloaded`, `KeyInUse`, `KeyMismatch`, `DatabaseUnavailable`, or `OutcomeUnknown` (then the same
        Idempotency-Key tells). An order stands though whoever waits for it is cancelled.
        """
        self.refuse_when_full()
        if order.idempotency:
            if order.idempotency.key in self._keys:
                raise KeyInUse
            self._keys.add(order.idempotency.key)
        waiting = _Waiting(order, self._loop.time(), self._loop.create_future())
        self._waiting.append(waiting)
        self._arrived.set()
        return await waiting.answer

    async def earlier_answer(self, asked: IdempotencyKey) -> Answer | None:
        """What an order with this key was answered before. Raises as `place` does."""
        if asked.key in self._keys:
            raise KeyInUse
        return await earlier_answer(self._pool, asked)

    async def settle(self, asked: IdempotencyKey) -> Answer:
        """What an order with this key was answered, or `WITHDRAWN`: then none is placed under it any more.

        Raises `KeyInUse`, `DatabaseUnavailable`.
        """
        if asked.key in self._keys:
            raise KeyInUse
        return await settle(self._pool, asked)

    async def run(self) -> None:
        """Place batch after batch, for ever."""
        turning_away = asyncio.create_task(self._turn_away_the_late())
        try:
            await self._place_all()
        finally:
            turning_away.cancel()

    async def _place_all(self) -> None:
        while True:
            await self._arrived.wait()
            self._in_hand = self._next_batch()
            try:
                await self._place_batch(self._in_hand)
            finally:
                for waiting in self._in_hand:
                    self._settle(waiting, OutcomeUnknown("the service is stopping"))
                self._in_hand = ()

    def _next_batch(self) -> list[_Waiting]:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._limits.batch))]
        if not self._waiting:
            self._arrived.clear()
        return batch

    async def _place_batch(self, batch: Sequence[_Waiting]) -> None:
        """Give every order in the batch its answer, whatever happens to the others."""
        outcomes: Sequence[Outcome]
        try:
            outcomes = await commit_batch(self._pool, [waiting.order for waiting in batch])
        except DatabaseUnavailable as error:
            outcomes = [error] * len(batch)
        except Exception as error:
            if len(batch) > 1:
                log.warning("placing.split", orders=len(batch), error=type(error).__name__)
                await self._place_batch(batch[: len(batch) // 2])
                await self._place_batch(batch[len(batch) // 2 :])
                return
            log.exception("placing.failed")
            outcomes = [error]
        for waiting, outcome in zip(batch, outcomes, strict=True):
            self._settle(waiting, outcome)
        self._measures.placed(outcomes, len(self._waiting))
        self._on_commit()

    async def _turn_away_the_late(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = self._loop.time()
            while self._waiting and self._waiting[0].since < now - self._limits.wait:
                self._settle(self._waiting.popleft(), Overloaded())
                self._measures.turned_away()
            for waiting in self._in_hand:
                if waiting.since < now - self._limits.answer:
                    self._tell(waiting, OutcomeUnknown("no answer in time"))

    def _settle(self, waiting: _Waiting, outcome: Outcome) -> None:
        if waiting.order.idempotency:
            self._keys.discard(waiting.order.idempotency.key)
        self._tell(waiting, outcome)

    def _tell(self, waiting: _Waiting, outcome: Outcome) -> None:
        if waiting.answer.done():
            return
        if isinstance(outcome, Exception):
            waiting.answer.set_exception(outcome)
            # A client that went away reads no answer: don't report it as never retrieved.
            waiting.answer.exception()
        else:
            waiting.answer.set_result(outcome)
