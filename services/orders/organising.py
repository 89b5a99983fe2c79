"""What an organiser puts on sale, before it has ids, and what may still change once places are sold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.orders.catalogue import Event, TicketType


@dataclass(frozen=True, slots=True)
class NewTicketType:
    """`price` is in minor units of `currency` (ISO 4217); no sales window means always on sale."""

    slug: str
    name: str
    price: int
    currency: str
    capacity: int
    description: str = ""
    max_per_order: int = 10
    on_sale_from: datetime | None = None
    on_sale_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """`slug` is unique over all organisers; `timezone` is an IANA name; times are aware."""

    slug: str
    name: str
    starts_at: datetime
    timezone: str
    ticket_types: tuple[NewTicketType, ...]
    ends_at: datetime | None = None
    description: str = ""
    venue_name: str = ""
    venue_address: str = ""


def event_as_new(event: Event) -> NewEvent:
    """As it would be put on sale again; without its ticket types."""
    return NewEvent(
        slug=event.slug,
        name=event.name,
        description=event.description,
        venue_name=event.venue_name,
        venue_address=event.venue_address,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        timezone=event.timezone,
        ticket_types=(),
    )


def type_as_new(kind: TicketType) -> NewTicketType:
    return NewTicketType(
        slug=kind.slug,
        name=kind.name,
        description=kind.description,
        price=kind.price,
        currency=kind.currency,
        capacity=kind.capacity,
        max_per_order=kind.max_per_order,
        on_sale_from=kind.on_sale_from,
        on_sale_until=kind.on_sale_until,
    )


def faults_in_change(kind: TicketType, new: NewTicketType) -> Iterable[tuple[str, str]]:
    """What the places sold have against a change of `kind`, as it stands under lock: (JSON pointer, sentence) pairs."""
    sold = kind.capacity - kind.available
    if new.capacity < sold:
        yield "/capacity", f"{sold} are sold already: give at least that."
    if sold and new.currency != kind.currency:
        yield "/price/currency", f"{sold} are sold in {kind.currency}: add another ticket type for {new.currency}."
