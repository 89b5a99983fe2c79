"""Orders placed in batches: one transaction for all that are waiting (group commit).

No timer: the next batch forms while this one commits, so a lone order waits for nothing and a
crowd shares one lock and one flush to disk.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import asyncpg
import structlog

from services.orders import store
from services.orders.committing import Answer, Contended, Outcome, place_batch
from services.orders.numbers import new_number
from services.orders.placing import PlaceOrder
from shared.database import DatabaseUnavailable, Pool, connection, transaction

log = structlog.get_logger()

MAX_BATCH = 256
MAX_WAITING = 4096
# How long an order may wait for its turn, and its client for any answer at all.
DEADLINE = timedelta(seconds=3)
ANSWER_LIMIT = timedelta(seconds=8)
TRIES = 3


class Overloaded(Exception):
    """Too many orders are waiting, or this one waited past its deadline; it was not placed."""


class KeyInUse(Exception):
    """An order with the same Idempotency-Key is waiting in this process."""


@dataclass(slots=True)
class _Waiting:
    order: PlaceOrder
    deadline: float
    answer: "asyncio.Future[Answer]"


class Placer:
    """Takes orders one by one, places them in batches, first come, first served."""

    def __init__(self, pool: "Pool[Any]", on_commit: Callable[[], None], max_waiting: int = MAX_WAITING) -> None:
        self._pool = pool
        self._on_commit = on_commit
        self._max_waiting = max_waiting
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._keys: set[bytes] = set()

    async def place(self, order: PlaceOrder) -> Answer:
        """Returns once the answer is true on disk.

        Raises `Overloaded`, `KeyInUse`, `KeyMismatch`, or `DatabaseUnavailable` (then the outcome is
        unknown: the same Idempotency-Key tells).
        """
        if len(self._waiting) >= self._max_waiting:
            raise Overloaded
        key = order.idempotency and order.idempotency.key
        if key in self._keys:
            raise KeyInUse
        loop = asyncio.get_running_loop()
        waiting = _Waiting(order, loop.time() + DEADLINE.total_seconds(), loop.create_future())
        if key:
            self._keys.add(key)
            waiting.answer.add_done_callback(lambda _: self._keys.discard(key))
        self._waiting.append(waiting)
        self._arrived.set()
        try:
            async with asyncio.timeout(ANSWER_LIMIT.total_seconds()):
                return await asyncio.shield(waiting.answer)
        except TimeoutError as error:
            raise DatabaseUnavailable("no answer in time") from error

    async def run(self) -> None:
        """Place batch after batch, for ever."""
        while True:
            await self._arrived.wait()
            batch = self._next_batch()
            if batch:
                await self._place_batch(batch)

    def _next_batch(self) -> list[_Waiting]:
        now = asyncio.get_running_loop().time()
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < MAX_BATCH:
            waiting = self._waiting.popleft()
            if waiting.deadline < now:
                _fail(waiting, Overloaded())
            else:
                batch.append(waiting)
        if not self._waiting:
            self._arrived.clear()
        return batch

    async def _place_batch(self, batch: Sequence[_Waiting]) -> None:
        """Give every order in the batch its answer, whatever happens to the others."""
        try:
            outcomes = await self._commit([waiting.order for waiting in batch])
        except (DatabaseUnavailable, asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
            outcomes = [DatabaseUnavailable(str(error)) for _ in batch]
        except asyncio.CancelledError:
            for waiting in batch:
                _fail(waiting, DatabaseUnavailable("the service is stopping"))
            raise
        except Exception as error:
            if len(batch) > 1:
                log.warning("placing.split", orders=len(batch), error=type(error).__name__)
                for waiting in batch:
                    await self._place_batch([waiting])
                return
            log.exception("placing.failed")
            outcomes = [error]
        for waiting, outcome in zip(batch, outcomes, strict=True):
            _settle(waiting, outcome)
        self._on_commit()

    async def _commit(self, orders: Sequence[PlaceOrder]) -> list[Outcome]:
        """One transaction; done again when another process got in between, or a number was taken."""
        for _ in range(TRIES):
            outcomes: list[Outcome] | None = None
            try:
                async with transaction(self._pool) as held:
                    outcomes = await place_batch(held, orders)
                return outcomes
            except Contended:
                continue
            except asyncpg.UniqueViolationError as error:
                if error.constraint_name != "orders_number_key":
                    raise
                orders = [replace(order, number=new_number()) for order in orders]
            except DatabaseUnavailable:
                if outcomes and await self._committed(orders):
                    return outcomes
        raise DatabaseUnavailable("three tries were not enough")

    async def _committed(self, orders: Sequence[PlaceOrder]) -> bool:
        """Whether a commit whose confirmation was lost took place: all of the batch is there, or none of it."""
        async with connection(self._pool) as held:
            return bool(await store.existing_orders(held, [order.id for order in orders]))


def _settle(waiting: _Waiting, outcome: Outcome) -> None:
    if isinstance(outcome, Exception):
        _fail(waiting, outcome)
    elif not waiting.answer.done():
        waiting.answer.set_result(outcome)


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(error)
        # A client that went away reads no answer: don't report it as never retrieved.
        waiting.answer.exception()
