"""What an order asks for, held against its event before it waits for its turn: plain functions over plain data."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec

from services.orders.catalogue import Event
from services.orders.placing import Line
from shared.values.orders import MAX_PLACES


class WantedLine(msgspec.Struct, frozen=True):
    """As asked for: `ticket_type` is an id or slug; fewer attendees than places is fine."""

    ticket_type: str
    quantity: int
    attendees: tuple[str, ...] = ()


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
    if sum(line.quantity for line in lines.values()) > MAX_PLACES:
        yield "/lines", f"At most {MAX_PLACES} places in one order: order the rest separately."


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
