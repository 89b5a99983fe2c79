"""The shape of what organisers send about events and ticket types.

A PATCH is judged by what it makes of the thing: merged into what is there (`EventFields.document`), the
whole is held against the same shape as a new one, so that no rule exists twice.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from services.orders.event_fields import MAX_PRICE, Currency, Description, Instant, Slug, Timezone, TypeDescription
from services.orders.organising import NewEvent, NewTicketType
from services.orders.shapes import Name, Request, parse, shown
from services.orders.slugs import candidates, slug_of
from shared.values.orders import MAX_PLACES
from shared.values.texts import line
from shared.web import Fault

MAX_TYPES = 100
MAX_CAPACITY = 10_000_000


class Price(Request):
    """Integer minor units: 4500 with EUR is 45.00 €."""

    amount: Annotated[int, Field(ge=0, le=MAX_PRICE)]
    currency: Currency


class Venue(Request):
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(line), shown(200)] = (
        ""
    )
    address: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=300), AfterValidator(line), shown(300)
    ] = ""


class TicketTypeFields(Request):
    """A kind of place. Without a sales window it is on sale while its event is published."""

    name: Name
    slug: Slug | None = None
    description: TypeDescription = ""
    price: Price
    capacity: Annotated[int, Field(ge=0, le=MAX_CAPACITY)]
    max_per_order: Annotated[int, Field(ge=1, le=MAX_PLACES)] = 10
    on_sale_from: Instant | None = None
    on_sale_until: Instant | None = None

    @field_validator("on_sale_until")
    @classmethod
    def _after_from(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        return _later(value, info.data.get("on_sale_from"), "on_sale_from")

    @classmethod
    def document(cls, kind: NewTicketType) -> dict[str, Any]:
        """What would have been sent for this one."""
        return {
            "name": kind.name,
            "slug": kind.slug,
            "description": kind.description,
            "price": {"amount": kind.price, "currency": kind.currency},
            "capacity": kind.capacity,
            "max_per_order": kind.max_per_order,
            "on_sale_from": _text(kind.on_sale_from),
            "on_sale_until": _text(kind.on_sale_until),
        }

    def wanted(self, taken: Iterable[str] = ()) -> NewTicketType:
        """With a slug that is none of those `taken`, unless it was given."""
        known = frozenset(taken)
        free = (slug for slug in candidates(slug_of(self.name, "ticket")) if slug not in known)
        return NewTicketType(
            slug=self.slug or next(free),
            name=self.name,
            description=self.description,
            price=self.price.amount,
            currency=self.price.currency,
            capacity=self.capacity,
            max_per_order=self.max_per_order,
            on_sale_from=self.on_sale_from,
            on_sale_until=self.on_sale_until,
        )


class EventFields(Request):
    """An event without its ticket types. `slug` is unique over all organisers."""

    name: Name
    slug: Slug | None = None
    description: Description = ""
    venue: Venue = Venue()
    starts_at: Instant
    ends_at: Instant | None = None
    timezone: Timezone

    @field_validator("ends_at")
    @classmethod
    def _after_start(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        return _later(value, info.data.get("starts_at"), "starts_at")

    @classmethod
    def document(cls, event: NewEvent) -> dict[str, Any]:
        """What would have been sent for this one."""
        return {
            "name": event.name,
            "slug": event.slug,
            "description": event.description,
            "venue": {"name": event.venue_name, "address": event.venue_address},
            "starts_at": _text(event.starts_at),
            "ends_at": _text(event.ends_at),
            "timezone": event.timezone,
        }

    def wanted(self, kinds: tuple[NewTicketType, ...] = ()) -> NewEvent:
        return NewEvent(
            slug=self.slug or slug_of(self.name, "event"),
            name=self.name,
            description=self.description,
            venue_name=self.venue.name,
            venue_address=self.venue.address,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            timezone=self.timezone,
            ticket_types=kinds,
        )


class EventRequest(EventFields):
    """A new event, with or without its ticket types."""

    ticket_types: Annotated[list[TicketTypeFields], Field(max_length=MAX_TYPES, default_factory=list)]

    def new_event(self) -> NewEvent:
        taken = {kind.slug for kind in self.ticket_types if kind.slug}
        kinds = []
        for kind in self.ticket_types:
            kinds.append(kind.wanted(taken))
            taken.add(kinds[-1].slug)
        return self.wanted(tuple(kinds))


def parse_event(document: Mapping[str, Any]) -> tuple[EventRequest | None, list[Fault]]:
    """The request, or None with every fault of shape."""
    request, faults = parse(EventRequest, document)
    faults += _repeated_slugs(document)
    return None if faults else request, faults


def _repeated_slugs(document: Mapping[str, Any]) -> Iterator[Fault]:
    kinds, seen = document.get("ticket_types"), set[str]()
    for place, kind in enumerate(kinds[:MAX_TYPES] if isinstance(kinds, list) else []):
        slug = kind.get("slug") if isinstance(kind, dict) else None
        if isinstance(slug, str) and slug in seen:
            yield Fault(f"/ticket_types/{place}/slug", "Another ticket type of this event has this slug.")
        elif isinstance(slug, str):
            seen.add(slug)


def _later(value: datetime | None, than: datetime | None, name: str) -> datetime | None:
    if value and than and value <= than:
        raise ValueError(f"This must be later than {name}.")
    return value


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
