"""What organisers are told of a message, and whose message it is. Rules only: no I/O.

The payload is as the Standard Webhooks specification has it: `type`, `timestamp`, `data`. The data is
in the words of the HTTP API, and made here field by field: a field added to a message between our
services, a store key or a token, does not get out by itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import msgspec

from shared.messages import (
    EmailBounced,
    EmailFailed,
    EmailSent,
    EventChanged,
    EventDetails,
    Fact,
    MailOutcome,
    Money,
    OfferedType,
    OrderCancelled,
    OrderFact,
    OrderPlaced,
    TicketsIssued,
)

Json = dict[str, Any]

EVERYTHING = "*"
TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class About:
    """What leads to the organiser: the event's id, or an order's number where the message has no more."""

    event: str | None = None
    order: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What is sent; `body` is signed and sent byte for byte."""

    type: str
    body: bytes


def told(fact: Fact, at: datetime) -> Told:
    """`at` is when it became true."""
    name = type_of(type(fact))
    return Told(name, encoded(name, at, _DATA[type(fact)](fact)))


def encoded(name: str, at: datetime, data: Json) -> bytes:
    return msgspec.json.encode({"type": name, "timestamp": at, "data": data})


def about(fact: Fact) -> About:
    """Raises `LookupError` for a message that is no organiser's."""
    if event := getattr(fact, "event", None):
        return About(event=event.id if isinstance(event, EventDetails) else str(event))
    if isinstance(fact, OrderFact):
        return About(order=fact.number)
    raise LookupError(fact.key)


def type_of(kind: type[Fact]) -> str:
    """What organisers call it: its key without the version."""
    return kind.key.rpartition(".")[0]


def _order_placed(fact: OrderPlaced) -> Json:
    return {
        "confirmation_number": fact.number,
        "placed_at": fact.placed_at,
        "event": _event(fact.event),
        "buyer": {"name": fact.buyer.name, "email": fact.buyer.email},
        "locale": fact.locale,
        "lines": [
            {
                "ticket_type": line.ticket_type,
                "name": line.name,
                "quantity": line.quantity,
                "unit_price": _money(line.unit_price),
            }
            for line in fact.lines
        ],
        "tickets": [
            {
                "id": ticket.id,
                "name": ticket.ticket_type,
                "attendee": {"name": ticket.attendee},
                "price": _money(ticket.price),
            }
            for ticket in fact.tickets
        ],
        "total": _money(fact.total),
    }


def _order_cancelled(fact: OrderCancelled) -> Json:
    return {
        "confirmation_number": fact.number,
        "cancelled_at": fact.cancelled_at,
        "event": _event(fact.event),
        "buyer": {"name": fact.buyer.name, "email": fact.buyer.email},
        "tickets": fact.tickets,
        "reason": fact.reason,
    }


def _tickets_issued(fact: TicketsIssued) -> Json:
    return {"confirmation_number": fact.number, "event": _event(fact.event), "tickets": fact.tickets}


def _mail(fact: MailOutcome) -> Json:
    return {
        "confirmation_number": fact.number,
        "template": fact.template,
        "recipient": fact.recipient,
        "reason": fact.reason,
    }


def _event_changed(fact: EventChanged) -> Json:
    kinds = [_ticket_type(kind) for kind in fact.ticket_types]
    now = {"published": fact.published, "description": fact.event.description, "ticket_types": kinds}
    return {"event": _event(fact.event) | now, "changed": fact.changed, "version": fact.version}


def _ticket_type(kind: OfferedType) -> Json:
    return {
        "id": kind.id,
        "slug": kind.slug,
        "name": kind.name,
        "description": kind.description,
        "price": _money(kind.price),
        "capacity": kind.capacity,
        "max_per_order": kind.max_per_order,
        "on_sale_from": kind.on_sale_from,
        "on_sale_until": kind.on_sale_until,
    }


def _event(event: EventDetails) -> Json:
    return {
        "id": event.id,
        "slug": event.slug,
        "name": event.name,
        "venue": {"name": event.venue.name, "address": event.venue.address},
        "starts_at": event.starts_at,
        "ends_at": event.ends_at,
        "timezone": event.timezone,
    }


def _money(price: Money) -> Json:
    return {"amount": price.amount, "currency": price.currency}


_DATA = cast(
    "Mapping[type[Fact], Callable[[Fact], Json]]",
    {
        OrderPlaced: _order_placed,
        OrderCancelled: _order_cancelled,
        TicketsIssued: _tickets_issued,
        EmailSent: _mail,
        EmailBounced: _mail,
        EmailFailed: _mail,
        EventChanged: _event_changed,
    },
)

# What organisers may ask to be told, and what asks for it.
KINDS: tuple[type[Fact], ...] = tuple(_DATA)
TYPES: tuple[str, ...] = tuple(type_of(kind) for kind in KINDS)
