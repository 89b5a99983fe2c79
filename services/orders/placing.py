"""Placing orders: who gets what, decided in plain Python over plain data.

`faults_in` says what is wrong with an order before it waits for its turn; `decide` gives out the
places, first come, first served, from the stock as it stands under lock.

What is made anew for every order is a `msgspec.Struct`: a frozen dataclass takes ten times as long to make.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from services.orders.catalogue import Event, TicketType


class WantedLine(msgspec.Struct, frozen=True):
    """As asked for: `ticket_type` is an id or slug; fewer attendees than places is fine."""

    ticket_type: str
    quantity: int
    attendees: tuple[str, ...] = ()


class IdempotencyKey(msgspec.Struct, frozen=True):
    """`key` and `fingerprint` are SHA-256 digests: of the caller's key, and of what was asked."""

    key: bytes
    fingerprint: bytes


class Line(msgspec.Struct, frozen=True):
    """As placed: one attendee a place."""

    ticket_type: UUID
    attendees: tuple[str, ...]

    @property
    def quantity(self) -> int:
        return len(self.attendees)


class PlaceOrder(msgspec.Struct, frozen=True):
    """A valid request waiting for its turn. `event` is as last read, for what does not change the decision."""

    id: UUID
    number: str
    event: Event
    buyer_name: str
    buyer_email: str
    locale: str
    lines: tuple[Line, ...]
    idempotency: IdempotencyKey | None = None

    @property
    def places(self) -> int:
        return sum([line.quantity for line in self.lines])


class Accepted(msgspec.Struct, frozen=True):
    """The order gets its places. `kinds` has the type of each line, as it stood under lock."""

    order: PlaceOrder
    kinds: tuple[TicketType, ...]

    def seated(self) -> Iterable[tuple[Line, TicketType]]:
        return zip(self.order.lines, self.kinds, strict=True)

    @property
    def total(self) -> int:
        return sum([line.quantity * kind.price for line, kind in self.seated()])

    @property
    def currency(self) -> str:
        return self.kinds[0].currency


class SoldOut(msgspec.Struct, frozen=True):
    """Not enough left; `available` has what is, by ticket type id, for each type asked for."""

    order: PlaceOrder
    available: Mapping[UUID, int]


class NotOnSale(msgspec.Struct, frozen=True):
    """Before or after the sales window, or the event is not published."""

    order: PlaceOrder
    reason: str


Decision = Accepted | SoldOut | NotOnSale


class LockedType(msgspec.Struct, frozen=True):
    """A ticket type's row under lock."""

    kind: TicketType
    published: bool


def faults_in(event: Event, lines: Mapping[int, WantedLine]) -> Iterable[tuple[str, str]]:
    """What the event's own rules have against these lines, as (JSON pointer, sentence) pairs.

    `lines` are those whose shape is sound, by their place in the request, so that every fault is
    told at once even when another line is broken.
    """
    found = {place: event.ticket_type(line.ticket_type) for place, line in lines.items()}
    wanted: dict[UUID, int] = {}
    currencies: set[str] = set()
    for place, line in lines.items():
        kind = found[place]
        if kind is None:
            slugs = ", ".join(kind.slug for kind in event.ticket_types)
            yield f"/lines/{place}/ticket_type", f"This event has no such ticket type; it has: {slugs}."
            continue
        wanted[kind.id] = wanted.get(kind.id, 0) + line.quantity
        if wanted[kind.id] > kind.max_per_order:
            yield f"/lines/{place}/quantity", f"At most {kind.max_per_order} of “{kind.name}” in one order."
        currencies.add(kind.currency)
        if len(currencies) > 1:
            yield f"/lines/{place}/ticket_type", "All lines of one order must have the same currency: order separately."
        if len(line.attendees) > line.quantity:
            yield f"/lines/{place}/attendees", f"{len(line.attendees)} attendees for a quantity of {line.quantity}."


def seat(event: Event, lines: Iterable[WantedLine], buyer: str) -> tuple[Line, ...]:
    """Sound lines with an attendee for every place: the buyer where none is named.

    Lines of one ticket type are kept apart. Raises `LookupError` for a type the event does not have.
    """
    seated = []
    for line in lines:
        kind = event.ticket_type(line.ticket_type)
        if kind is None:
            raise LookupError(line.ticket_type)
        unnamed = line.quantity - len(line.attendees)
        seated.append(Line(kind.id, line.attendees + (buyer,) * unnamed))
    return tuple(seated)


def decide(orders: Sequence[PlaceOrder], stock: Mapping[UUID, LockedType], now: datetime) -> list[Decision]:
    """One decision an order, in the order given: all of its places, or none."""
    left = {identity: row.kind.available for identity, row in stock.items()}
    return [_decide_one(order, stock, left, now) for order in orders]


def _decide_one(order: PlaceOrder, stock: Mapping[UUID, LockedType], left: dict[UUID, int], now: datetime) -> Decision:
    rows = [stock.get(line.ticket_type) for line in order.lines]
    kinds = tuple(row.kind for row in rows if row and row.published)
    if len(kinds) < len(rows):
        return NotOnSale(order, "This event is not on sale.")
    for kind in kinds:
        if not kind.on_sale(now):
            return NotOnSale(order, _closed(kind, now))
    wanted: dict[UUID, int] = {}
    for line in order.lines:
        wanted[line.ticket_type] = wanted.get(line.ticket_type, 0) + line.quantity
    if any(left[identity] < count for identity, count in wanted.items()):
        return SoldOut(order, {identity: left[identity] for identity in wanted})
    for identity, count in wanted.items():
        left[identity] -= count
    return Accepted(order, kinds)


def _closed(kind: TicketType, now: datetime) -> str:
    if kind.on_sale_from and now < kind.on_sale_from:
        return f"“{kind.name}” goes on sale at {kind.on_sale_from:%Y-%m-%dT%H:%M:%SZ}."
    return f"The sale of “{kind.name}” has ended."
