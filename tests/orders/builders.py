"""Plain data for tests, with only what matters named."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.orders.catalogue import Event, TicketType
from services.orders.numbers import new_number
from services.orders.organising import NewEvent, NewTicketType
from services.orders.placing import IdempotencyKey, Line, LockedType, PlaceOrder
from shared.identifiers import uuid7

NOW = datetime(2027, 5, 1, 12, 0, tzinfo=UTC)


def a_ticket_type(
    slug: str = "general",
    *,
    available: int = 10,
    price: int = 4500,
    currency: str = "EUR",
    max_per_order: int = 10,
    on_sale_from: datetime | None = None,
    on_sale_until: datetime | None = None,
) -> TicketType:
    return TicketType(
        id=uuid7(),
        slug=slug,
        name=slug.title(),
        description="",
        price=price,
        currency=currency,
        capacity=max(available, 10),
        available=available,
        max_per_order=max_per_order,
        on_sale_from=on_sale_from,
        on_sale_until=on_sale_until,
    )


def an_event(*kinds: TicketType, published: bool = True) -> Event:
    return Event(
        id=uuid7(),
        slug="summer-night",
        name="Summer Night",
        description="",
        venue_name="Lakeside",
        venue_address="1 Shore Road",
        starts_at=NOW + timedelta(days=60),
        ends_at=None,
        timezone="Europe/Berlin",
        organiser="Lakeside Concerts",
        published=published,
        ticket_types=kinds or (a_ticket_type(),),
    )


def an_order(event: Event, *, quantity: int = 1, kind: TicketType | None = None, key: str | None = None) -> PlaceOrder:
    chosen = kind or event.ticket_types[0]
    return PlaceOrder(
        id=uuid7(),
        number=new_number(),
        event=event,
        buyer_name="Ada Lovelace",
        buyer_email="ada@example.org",
        locale="en",
        lines=(Line(chosen.id, ("Ada Lovelace",) * quantity),),
        idempotency=IdempotencyKey(key.encode(), b"asked") if key else None,
    )


def stock_of(event: Event) -> dict[UUID, LockedType]:
    return {kind.id: LockedType(kind, event.published, event.over_at) for kind in event.ticket_types}


def a_new_event(slug: str = "summer-night", *kinds: NewTicketType) -> NewEvent:
    return NewEvent(
        slug=slug,
        name="Summer Night",
        starts_at=NOW + timedelta(days=60),
        timezone="Europe/Berlin",
        venue_name="Lakeside",
        venue_address="1 Shore Road",
        ticket_types=kinds or (NewTicketType("general", "General", 4500, "EUR", 100),),
    )


def a_request(event: str = "summer-night", **changes: Any) -> dict[str, Any]:
    line = {
        "ticket_type": "general",
        "quantity": 2,
        "attendees": [{"name": "Ada Lovelace"}, {"name": "Charles Babbage"}],
    }
    buyer = {"name": "Ada Lovelace", "email": "ada@example.org"}
    return {"event": event, "buyer": buyer, "lines": [line], "locale": "en"} | changes
