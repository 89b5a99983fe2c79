"""Placing orders: who gets what, decided in plain Python over plain data.

`decide` gives out the places, first come, first served, from the stock as it stands under lock, at the prices that
hold then. What is wrong with an order before it waits for its turn is told in `wanted`.

What is made anew for every order is a `msgspec.Struct`: a frozen dataclass takes ten times as long to make.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from services.orders.catalogue import Event, TicketType


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


class Agreed(msgspec.Struct, frozen=True):
    """What the buyer saw and agreed to pay: `amount` in minor units of `currency`."""

    amount: int
    currency: str


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
    agreed: Agreed | None = None

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

    @property
    def costs(self) -> Agreed:
        return Agreed(self.total, self.currency)


class SoldOut(msgspec.Struct, frozen=True):
    """Not enough left; `available` has what is, by ticket type id, for each type asked for."""

    order: PlaceOrder
    available: Mapping[UUID, int]


class PriceChanged(msgspec.Struct, frozen=True):
    """The buyer agreed to something else than this, which is what the order costs now."""

    order: PlaceOrder
    total: Agreed


class NotOnSale(msgspec.Struct, frozen=True):
    """Before or after the sales window, or the event is over or not published."""

    order: PlaceOrder
    reason: str


Decision = Accepted | SoldOut | PriceChanged | NotOnSale


class LockedType(msgspec.Struct, frozen=True):
    """A ticket type's row under lock, with whether its event is published and from when on it is over."""

    kind: TicketType
    published: bool
    over_at: datetime


def decide(orders: Sequence[PlaceOrder], stock: Mapping[UUID, LockedType], now: datetime) -> list[Decision]:
    """One decision an order, in the order given: all of its places, or none."""
    left = {identity: row.kind.available for identity, row in stock.items()}
    return [_decide_one(order, stock, left, now) for order in orders]


def _decide_one(order: PlaceOrder, stock: Mapping[UUID, LockedType], left: dict[UUID, int], now: datetime) -> Decision:
    rows = [stock.get(line.ticket_type) for line in order.lines]
    open_rows = [row for row in rows if row and row.published]
    if len(open_rows) < len(rows):
        return NotOnSale(order, "This event is not on sale.")
    for row in open_rows:
        if not row.kind.on_sale(now, row.over_at):
            return NotOnSale(order, _closed(row, now))
    kinds = tuple([row.kind for row in open_rows])
    if any(kind.currency != kinds[0].currency for kind in kinds):
        return NotOnSale(order, "A currency was changed a moment ago: order each currency separately.")
    wanted: dict[UUID, int] = {}
    for line in order.lines:
        wanted[line.ticket_type] = wanted.get(line.ticket_type, 0) + line.quantity
    if any(left[identity] < count for identity, count in wanted.items()):
        return SoldOut(order, {identity: left[identity] for identity in wanted})
    accepted = Accepted(order, kinds)
    if order.agreed and order.agreed != accepted.costs:
        return PriceChanged(order, accepted.costs)
    for identity, count in wanted.items():
        left[identity] -= count
    return accepted


def _closed(row: LockedType, now: datetime) -> str:
    kind = row.kind
    if kind.on_sale_from and now < kind.on_sale_from:
        return f"“{kind.name}” goes on sale at {kind.on_sale_from:%Y-%m-%dT%H:%M:%SZ}."
    if kind.on_sale_until is None:
        return "This event is over."
    return f"The sale of “{kind.name}” has ended."
