"""What clients read: events and orders as JSON.

A placed order's answer is kept for its Idempotency-Key without its last two members, the access
token and the links; both follow from the order, so `whole` gives the same bytes again.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import cast
from uuid import UUID

import msgspec

from services.orders import answer_shapes as shapes
from services.orders.catalogue import Event, TicketType
from services.orders.fulfilment import Fulfilment, OrderStatus
from services.orders.placing import Accepted, NotOnSale, PriceChanged, SoldOut
from services.orders.showing import each_shown
from services.orders.store import Owned
from services.orders.tokens import Tokens
from shared.web import Problem

_encode = msgspec.json.Encoder().encode


def money(amount: int, currency: str) -> shapes.Money:
    return {"amount": amount, "currency": currency}


def event_summary(event: Event) -> shapes.EventSummary:
    """An event as it stands in an order."""
    return {
        "id": str(event.id),
        "slug": event.slug,
        "name": event.name,
        "description": event.description,
        "venue": {"name": event.venue_name, "address": event.venue_address},
        "starts_at": event.starts_at.astimezone(UTC),
        "ends_at": event.ends_at and event.ends_at.astimezone(UTC),
        "timezone": event.timezone,
        "organiser": {"name": event.organiser},
    }


def event(event: Event) -> shapes.Event:
    return {**event_summary(event), "ticket_types": [ticket_type(kind) for kind in event.ticket_types]}


def owned_event(owned: Owned) -> shapes.OwnedEvent:
    """An event as its organiser sees it; `published_at` is null until it is put on sale."""
    return {**event(owned.event), "published_at": owned.published_at and owned.published_at.astimezone(UTC)}


def events(listed: Iterable[Event]) -> list[shapes.Event]:
    """Each encoded by itself: one that can't be is left out."""
    return each_shown(listed, lambda one: cast(shapes.Event, encoded(event(one))), lambda one: one.id)


def owned_events(listed: Iterable[Owned]) -> list[shapes.OwnedEvent]:
    """Each encoded by itself, as `events` are."""
    return each_shown(listed, lambda one: cast(shapes.OwnedEvent, encoded(owned_event(one))), lambda one: one.event.id)


def lines(accepted: Accepted) -> list[shapes.OrderLine]:
    return [
        {
            "ticket_type": str(kind.id),
            "name": kind.name,
            "quantity": line.quantity,
            "unit_price": money(kind.price, kind.currency),
            "attendees": [{"name": name} for name in line.attendees],
        }
        for line, kind in accepted.seated()
    ]


@lru_cache(maxsize=2000)
def _summary_in_json(event: Event) -> shapes.EventSummary:
    """Once a reading of the event, not once an order."""
    return cast(shapes.EventSummary, encoded(event_summary(event)))


def placed(accepted: Accepted, lines: bytes, placed_at: datetime) -> bytes:
    """The answer to a placed order without its token and links: what may be stored. `lines` are encoded."""
    order = accepted.order
    return encode(
        order_members(
            number=order.number,
            status="confirmed",
            placed_at=placed_at,
            event=_summary_in_json(order.event),
            buyer={"name": order.buyer_name, "email": order.buyer_email},
            lines=cast(list[shapes.OrderLine], msgspec.Raw(lines)),
            total=money(accepted.total, accepted.currency),
            fulfilment=Fulfilment(),
        )
    )


def refusal(decision: SoldOut | PriceChanged | NotOnSale) -> bytes:
    """Why an order was not placed, as a problem."""
    if isinstance(decision, NotOnSale):
        problem = Problem(409, "not-on-sale", "Not on sale", f"{decision.reason} Nothing was ordered.")
    elif isinstance(decision, PriceChanged):
        detail = (
            "The order costs something else than expected. Nothing was ordered: show the buyer the new `total`, "
            "and if they agree send it as `expected_total`, with a new Idempotency-Key."
        )
        problem = Problem(409, "price-changed", "Price changed", detail)
        problem.extra["total"] = money(decision.total.amount, decision.total.currency)
    else:
        detail = "There are not enough places left for this order. Nothing was ordered: choose fewer, or another type."
        problem = Problem(409, "sold-out", "Sold out", detail)
        problem.extra["available"] = {str(kind): count for kind, count in decision.available.items()}
    return problem.body("/v1/orders")


def order_members(
    *,
    number: str,
    status: OrderStatus,
    placed_at: datetime,
    event: shapes.EventSummary,
    buyer: shapes.OrderBuyer,
    lines: list[shapes.OrderLine],
    total: shapes.Money,
    fulfilment: Fulfilment,
) -> shapes.OrderMembers:
    return {
        "confirmation_number": number,
        "status": status,
        "placed_at": placed_at.astimezone(UTC),
        "event": event,
        "buyer": buyer,
        "lines": lines,
        "total": total,
        "fulfilment": {"tickets": fulfilment.tickets, "email": fulfilment.email},
    }


def links(number: str, base: str, tokens: Tokens, now: datetime) -> shapes.Links:
    order, signatures = f"{base}/v1/orders/{number}", tokens.link_signatures(number, now)
    return {
        "self": order,
        "progress": f"{order}/progress?sig={signatures['progress']}",
        "tickets_pdf": f"{order}/tickets.pdf?sig={signatures['tickets.pdf']}",
        "page": f"{base}/orders/{number}",
    }


def whole(stored: bytes, order: UUID, base: str, tokens: Tokens) -> tuple[bytes, str]:
    """The full answer to a placed order from its storable part, and the order's address.

    Links count from when it was placed.
    """
    known = _stored(stored)
    found = links(known.confirmation_number, base, tokens, known.placed_at)
    secret = {"access_token": tokens.access_token(order), "links": found}
    return stored[:-1] + b"," + encode(secret)[1:], found["self"]


def number_in(stored: bytes) -> str:
    """The confirmation number of a placed order's storable part."""
    return _stored(stored).confirmation_number


def encode(document: object) -> bytes:
    return _encode(document)


def encoded(document: object) -> msgspec.Raw:
    """To stand as it is in a larger document."""
    return msgspec.Raw(_encode(document))


class _Stored(msgspec.Struct):
    confirmation_number: str
    placed_at: datetime


_stored = msgspec.json.Decoder(_Stored).decode


def ticket_type(kind: TicketType) -> shapes.TicketType:
    return {
        "id": str(kind.id),
        "slug": kind.slug,
        "name": kind.name,
        "description": kind.description,
        "price": money(kind.price, kind.currency),
        "capacity": kind.capacity,
        "available": kind.available,
        "max_per_order": kind.max_per_order,
        "on_sale_from": kind.on_sale_from and kind.on_sale_from.astimezone(UTC),
        "on_sale_until": kind.on_sale_until and kind.on_sale_until.astimezone(UTC),
    }
