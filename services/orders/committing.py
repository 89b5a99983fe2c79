"""A batch of orders inside one transaction: what its commit makes true."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from services.orders import answers, store
from services.orders.placing import Accepted, Decision, IdempotencyKey, NotOnSale, PlaceOrder, SoldOut, decide
from services.orders.reporting import order_placed
from shared import outbox
from shared.database import Connection
from shared.identifiers import uuid7


class KeyMismatch(Exception):
    """The Idempotency-Key came before with another request."""


class Contended(Exception):
    """Another process answered one of our keys meanwhile: start the batch over and see."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets. `body` of a placed order is without token and links; `order` is then its id."""

    status: int
    body: bytes
    order: UUID | None
    replayed: bool = False


Outcome = Answer | Exception


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
    now = datetime.now(UTC)
    stock = await store.lock_types(held, {line.ticket_type for order in orders for line in order.lines})
    decisions = decide(orders, stock, now)
    accepted = [decision for decision in decisions if isinstance(decision, Accepted)]
    if accepted:
        await _write(held, accepted, now)
    given = {decision.order.id: _answer(decision, now) for decision in decisions}
    keyed = [_first_answer(order.idempotency, given[order.id]) for order in orders if order.idempotency]
    if keyed and not await store.keep_answers(held, keyed):
        raise Contended
    return given


def _first_answer(asked: IdempotencyKey, answer: Answer) -> store.FirstAnswer:
    return store.FirstAnswer(asked.key, asked.fingerprint, answer.order, answer.status, answer.body)


async def _write(held: Connection, accepted: Sequence[Accepted], now: datetime) -> None:
    """Stock, orders, tickets and outbox: what one commit makes true."""
    taken: Counter[UUID] = Counter()
    tickets: list[tuple[UUID, UUID, UUID, UUID, str]] = []
    messages = []
    for a in accepted:
        seats = [(uuid7(), line.ticket_type, name) for line in a.order.lines for name in line.attendees]
        taken.update(kind for _, kind, _ in seats)
        tickets += [(ticket, a.order.id, a.order.event.id, kind, name) for ticket, kind, name in seats]
        messages.append(order_placed(a, [ticket for ticket, _, _ in seats], now))
    await store.take_places(held, taken)
    await store.add_orders(held, accepted, now)
    await store.add_tickets(held, tickets)
    await outbox.add(held, messages)


def _answer(decision: Decision, now: datetime) -> Answer:
    match decision:
        case Accepted(order=order):
            return Answer(201, answers.placed(decision, now), order.id)
        case SoldOut() | NotOnSale():
            return Answer(409, answers.refusal(decision), None)
