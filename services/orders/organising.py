"""What an organiser puts on sale, before it has ids."""

from dataclasses import dataclass
from datetime import datetime


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
