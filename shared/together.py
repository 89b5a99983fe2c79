"""Group commit: what concurrent callers want written is written in one transaction.

    issuing = Together(in_one_transaction(pool, store.add_documents))
    added = await issuing.add(document)      # returns once it is committed

No timer: the next batch forms while this one commits, so a lone caller waits for nothing and a crowd shares
one transaction and one flush to disk. How work fares:

    the write raises           the batch is tried again in halves, until what it is raised for stands alone
    a deadlock, a conflict     the batch is tried again, up to three times
    the database is away       everyone in the batch gets `DatabaseUnavailable`: whether it was committed is unknown
    its caller is cancelled    before its batch begins it is left out; after that it may be committed
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import asyncpg
import structlog

from shared.database import Connection, DatabaseUnavailable, Pool, transaction

log = structlog.get_logger()

W = TypeVar("W")
R = TypeVar("R")

# One outcome for each work, in their order; raises what concerns all of them.
Commit = Callable[[Sequence[W]], Awaitable[Sequence[R | Exception]]]
Write = Callable[[Connection, Sequence[W]], Awaitable[Sequence[R]]]

BATCH = 256
TRIES = 3
LONGEST_PAUSE_SECONDS = 0.05
CONFLICTS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


@dataclass(slots=True, eq=False)
class _Waiting(Generic[W, R]):
    work: W
    outcome: "asyncio.Future[R]"


class Together(Generic[W, R]):
    """Commits work in batches, first come, first served. For one event loop."""

    def __init__(self, commit: Commit[W, R], batch: int = BATCH) -> None:
        self._commit = commit
        self._batch = batch
        self._waiting: deque[_Waiting[W, R]] = deque()
        self._committing: asyncio.Task[None] | None = None

    async def add(self, work: W) -> R:
        """What the commit gave for this work, once it is on disk.

        Raises `DatabaseUnavailable`, and what the write raised for this work alone.
        """
        waiting = _Waiting[W, R](work, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_all())
        return await waiting.outcome

    async def _commit_all(self) -> None:
        try:
            while self._waiting:
                await self._settle_all(self._next_batch())
        finally:
            # Between the last look and here nothing can be added: there is no await.
            self._committing = None
            for left in self._waiting:
                left.outcome.cancel()
            self._waiting.clear()

    def _next_batch(self) -> list[_Waiting[W, R]]:
        count = min(len(self._waiting), self._batch)
        taken = [self._waiting.popleft() for _ in range(count)]
        return [waiting for waiting in taken if not waiting.outcome.done()]

    async def _settle_all(self, batch: Sequence[_Waiting[W, R]]) -> None:
        """Give everyone in the batch an outcome, whatever happens to the others."""
        if not batch:
            return
        try:
            outcomes = await self._commit([waiting.work for waiting in batch])
        except DatabaseUnavailable as error:
            outcomes = [error] * len(batch)
        except Exception as error:
            if len(batch) > 1:
                log.warning("together.split", works=len(batch), error=type(error).__name__)
                await self._settle_all(batch[: len(batch) // 2])
                await self._settle_all(batch[len(batch) // 2 :])
                return
            outcomes = [error]
        except BaseException:
            for waiting in batch:
                waiting.outcome.cancel()
            raise
        for waiting, outcome in zip(batch, outcomes, strict=True):
            _settle(waiting.outcome, outcome)


def in_one_transaction(
    pool: "Pool[Any]", write: Write[W, R], on_commit: Callable[[], None] = lambda: None
) -> Commit[W, R]:
    """Writes each batch with `write` in a transaction of its own, and calls `on_commit` after it.

    `write` may be called again for the same works after a deadlock.
    """

    async def commit(works: Sequence[W]) -> Sequence[R | Exception]:
        for left in reversed(range(TRIES)):
            try:
                async with transaction(pool) as connection:
                    outcomes = await write(connection, works)
                break
            except CONFLICTS:
                if not left:
                    raise
                await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))
        on_commit()
        return outcomes

    return commit


def _settle(waiting: "asyncio.Future[R]", outcome: R | Exception) -> None:
    if waiting.done():
        return
    if isinstance(outcome, Exception):
        waiting.set_exception(outcome)
    else:
        waiting.set_result(outcome)
