"""A batch of orders inside one transaction: what its commit makes true."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec
import structlog
from msgspec.structs import replace

from services.orders import answers, store
from services.orders.numbers import new_number
from services.orders.placing import Accepted, Decision, IdempotencyKey, PlaceOrder, decide
from services.orders.reporting import orders_placed
from shared import outbox
from shared.database import Connection, DatabaseUnavailable, OutcomeUnknown, Pool, connection, transaction
from shared.identifiers import uuid7s

log = structlog.get_logger()


class KeyMismatch(Exception):
    """The Idempotency-Key came before with another request."""


class Contended(Exception):
    """Another process answered one of our keys meanwhile: start the batch over and see."""


class Answer(msgspec.Struct, frozen=True):
    """What the client gets. `body` of a placed order is without token and links; `order` is then its id."""

    status: int
    body: bytes
    order: UUID | None
    replayed: bool = False


Outcome = Answer | Exception
# The body of the answer to a key that was given up; only keys of pages are.
WITHDRAWN = {"withdrawn": True}
T = TypeVar("T")

TRIES = 3
LONGEST_PAUSE_SECONDS = 0.05


async def commit_batch(pool: "Pool[Any]", orders: Sequence[PlaceOrder]) -> list[Outcome]:
    """Place these orders in one transaction; one outcome an order, in the order given.

    Done again when another process got in between or a number was taken, and when the connection
    was lost and the database tells that nothing was committed. Raises `DatabaseUnavailable` when
    nothing was, `OutcomeUnknown` when a commit was sent and the database did not tell what came of it.
    """
    tries = _Tries(pool, orders)
    try:
        for _ in range(TRIES):
            if outcomes := await tries.once():
                return outcomes
        raise DatabaseUnavailable(f"{TRIES} tries were not enough")
    except Exception as error:
        if tries.unknown and not isinstance(error, OutcomeUnknown):
            raise OutcomeUnknown(str(error)) from error
        raise


class _Tries:
    """`unknown` once a commit was sent that was not confirmed: until a later one is, it may yet take place.

    Its session holds the locks of what it wrote, so a later try waits for its end before it writes the same ids.
    """

    def __init__(self, pool: "Pool[Any]", orders: Sequence[PlaceOrder]) -> None:
        self._pool = pool
        self._orders = orders
        self._outcomes: list[Outcome] = []
        self.unknown = False

    async def once(self) -> list[Outcome]:
        """What was committed, by this try or by an earlier one whose confirmation was lost; else empty."""
        try:
            async with transaction(self._pool) as held:
                outcomes = await place_batch(held, self._orders)
                if self.unknown and await store.existing_orders(held, _without_order(self._orders, outcomes)):
                    # Refused for the places that its own earlier try took.
                    raise Contended
                self._outcomes = outcomes
            return outcomes
        except (Contended, asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            await _pause()
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name == "orders_number_key":
                self._orders = [replace(order, number=new_number()) for order in self._orders]
            elif error.constraint_name != "orders_pkey" or not self._outcomes:
                raise
        except DatabaseUnavailable as error:
            self.unknown = self.unknown or isinstance(error, OutcomeUnknown)
            log.warning("placing.connection-lost", orders=len(self._orders), reason=str(error))
            # Whoever ended one connection ended others: by then the pool has seen which.
            await _pause()
        return self._outcomes if self.unknown and await self._committed() else []

    async def _committed(self) -> bool:
        """Whether a commit whose confirmation was lost took place: all of the batch is there, or none of it."""
        async with connection(self._pool) as held:
            return bool(await store.existing_orders(held, [order.id for order in self._orders]))


def _without_order(orders: Sequence[PlaceOrder], outcomes: Sequence[Outcome]) -> list[UUID]:
    return [
        order.id
        for order, outcome in zip(orders, outcomes, strict=True)
        if not (isinstance(outcome, Answer) and outcome.order)
    ]


async def _pause() -> None:
    await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))


async def earlier_answer(pool: "Pool[Any]", asked: IdempotencyKey) -> Answer | None:
    """What was answered to this key before. Raises `KeyMismatch`."""
    async with connection(pool) as held:
        first = (await store.first_answers(held, [asked.key])).get(asked.key)
    if first is None:
        return None
    if first.fingerprint != asked.fingerprint:
        raise KeyMismatch
    return Answer(first.status, first.answer, first.order_id, replayed=True)


async def settle(pool: "Pool[Any]", asked: IdempotencyKey) -> Answer:
    """What this key was answered. A key without an answer is answered `WITHDRAWN` from now on: whoever may still be
    at work on its order, here or in another process, finds that and places none.

    Waits for a session that holds the key and has not ended. Raises `DatabaseUnavailable`.
    """
    withdrawn = store.FirstAnswer(asked.key, asked.fingerprint, None, 409, answers.encode(WITHDRAWN))
    async with transaction(pool) as held:
        kept = await store.keep_answers(held, [withdrawn])
        first = withdrawn if kept else (await store.first_answers(held, [asked.key]))[asked.key]
    return Answer(first.status, first.answer, first.order_id, replayed=True)


async def place_batch(held: Connection, orders: Sequence[PlaceOrder]) -> list[Outcome]:
    """Decide and write; one outcome an order, in the order given. True once the transaction commits.

    Each Idempotency-Key may stand in a batch once. Raises `Contended`.
    """
    keys = [order.idempotency.key for order in orders if order.idempotency]
    known = await store.first_answers(held, keys) if keys else {}
    fresh = [order for order in orders if not (order.idempotency and order.idempotency.key in known)]
    answered = await _place_fresh(held, fresh) if fresh else {}
    return [answered.get(order.id) or _replay(order, known) for order in orders]


def _replay(order: PlaceOrder, known: dict[bytes, store.FirstAnswer]) -> Outcome:
    assert order.idempotency  # noqa: S101 - only keyed orders are found among the known
    first = known[order.idempotency.key]
    if first.fingerprint != order.idempotency.fingerprint:
        return KeyMismatch()
    return Answer(first.status, first.answer, first.order_id, replayed=True)


async def _place_fresh(held: Connection, orders: Sequence[PlaceOrder]) -> dict[UUID, Answer]:
    """Stock, orders, tickets, first answers and outbox: what one commit makes true.

    While Postgres writes one thing we put the next into words: the locks are held for less long.
    """
    now = datetime.now(UTC)
    stock = await store.lock_types(held, {line.ticket_type for order in orders for line in order.lines})
    decisions = decide(orders, stock, now)
    placed = _to_write([decision for decision in decisions if isinstance(decision, Accepted)])
    if placed:
        messages = await _meanwhile(store.add_placed(held, placed, now), lambda: orders_placed(placed, now))
        given = await _meanwhile(outbox.add(held, messages), lambda: _answers(decisions, placed, now))
    else:
        given = _answers(decisions, placed, now)
    keyed = [_first_answer(order.idempotency, given[order.id]) for order in orders if order.idempotency]
    if keyed and not await store.keep_answers(held, keyed):
        raise Contended
    return given


async def _meanwhile(sent: Coroutine[Any, Any, None], work: Callable[[], T]) -> T:
    """The result of `work`, done while the statement `sent` is under way."""
    under_way = asyncio.create_task(sent)
    try:
        await asyncio.sleep(0)
        return work()
    finally:
        await under_way


def _answers(decisions: Sequence[Decision], placed: Sequence[store.PlacedOrder], now: datetime) -> dict[UUID, Answer]:
    given = {row.order.id: Answer(201, answers.placed(row.accepted, row.lines, now), row.order.id) for row in placed}
    for decision in decisions:
        if not isinstance(decision, Accepted):
            given[decision.order.id] = Answer(409, answers.refusal(decision), None)
    return given


def _to_write(accepted: Sequence[Accepted]) -> list[store.PlacedOrder]:
    """With ids for the tickets, drawn together for the whole batch; those of one order rise, line by line, so that
    what was told of it can be told again."""
    ids = iter(uuid7s(sum(one.order.places for one in accepted)))
    return [
        store.PlacedOrder(one, answers.encode(answers.lines(one)), tuple(sorted(islice(ids, one.order.places))))
        for one in accepted
    ]


def _first_answer(asked: IdempotencyKey, answer: Answer) -> store.FirstAnswer:
    return store.FirstAnswer(asked.key, asked.fingerprint, answer.order, answer.status, answer.body)
