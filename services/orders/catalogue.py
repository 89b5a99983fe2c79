"""What is on offer: events and ticket types as plain data."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.values import times

# An event that names no end is over so long after its start.
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TicketType:
    """A kind of place. `price` is in minor units of `currency`; `available` is as of reading."""

    id: UUID
    slug: str
    name: str
    description: str
    price: int
    currency: str
    capacity: int
    available: int
    max_per_order: int
    on_sale_from: datetime | None
    on_sale_until: datetime | None

    def on_sale(self, now: datetime, over_at: datetime) -> bool:
        """Without an end of its own its sale ends with the event, which is over at `over_at`."""
        begun = self.on_sale_from is None or self.on_sale_from <= now
        return begun and now < (self.on_sale_until or over_at)


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """What people attend, as read at one moment. `timezone` is an IANA name; times are in UTC.

    Each reading is its own: compared and hashed by identity, so that what follows from one can be kept by it.
    """

    id: UUID
    slug: str
    name: str
    description: str
    venue_name: str
    venue_address: str
    starts_at: datetime
    ends_at: datetime | None
    timezone: str
    organiser: str
    published: bool
    ticket_types: tuple[TicketType, ...]

    @property
    def over_at(self) -> datetime:
        return over_at(self.starts_at, self.ends_at)

    def ticket_type(self, ref: str) -> TicketType | None:
        """By id or by slug."""
        for kind in self.ticket_types:
            if kind.slug == ref:
                return kind
        return next((kind for kind in self.ticket_types if str(kind.id) == ref), None)


def over_at(starts_at: datetime, ends_at: datetime | None) -> datetime:
    """From when on an event is over."""
    return ends_at or times.later(starts_at, DAY)
