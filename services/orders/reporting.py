"""What orders tells the others, as messages: of orders placed, cancelled, wanted again, and of events changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from services.orders.cancelling import By
from services.orders.catalogue import Event, TicketType
from services.orders.placing import Accepted
from services.orders.store import Owned, PlacedOrder, StoredOrder, VoidTicket
from shared import messages
from shared.bus import Message
from shared.identifiers import uuid7s


def orders_placed(orders: Sequence[PlacedOrder], placed_at: datetime) -> list[Message]:
    """A message an order, in their order."""
    return [
        order_placed(row.accepted, identity, row.tickets, placed_at)
        for row, identity in zip(orders, uuid7s(len(orders)), strict=True)
    ]


def order_placed(accepted: Accepted, identity: UUID, tickets: Iterable[UUID], placed_at: datetime) -> Message:
    """`tickets` are the ids of the order's tickets, line by line, attendee by attendee."""
    order = accepted.order
    lines = [(line, kind, messages.Money(kind.price, kind.currency)) for line, kind in accepted.seated()]
    seats = [(kind, price, name) for line, kind, price in lines for name in line.attendees]
    fact = messages.OrderPlaced(
        number=order.number,
        event=details(order.event),
        buyer=messages.Buyer(order.buyer_name, order.buyer_email),
        locale=order.locale,
        lines=tuple([messages.OrderLine(str(kind.id), kind.name, line.quantity, price) for line, kind, price in lines]),
        tickets=tuple(
            [
                messages.TicketToIssue(str(ticket), kind.name, name, price)
                for ticket, (kind, price, name) in zip(tickets, seats, strict=True)
            ]
        ),
        total=messages.Money(accepted.total, accepted.currency),
        placed_at=placed_at,
    )
    return messages.message(fact, source="orders", at=placed_at, identity=identity)


def order_cancelled(order: StoredOrder, event: Event, void: Iterable[VoidTicket], by: By, at: datetime) -> Message:
    fact = messages.OrderCancelled(
        number=order.number,
        event=details(event),
        buyer=messages.Buyer(order.buyer_name, order.buyer_email),
        locale=order.locale,
        tickets=tuple([str(ticket.id) for ticket in void]),
        reason=by,
        cancelled_at=at,
    )
    return messages.message(fact, source="orders", at=at)


def resend_requested(number: str, revision: int) -> Message:
    return messages.message(messages.OrderResendRequested(number=number, revision=revision), source="orders")


def event_changed(owned: Owned, changed: Sequence[str]) -> Message:
    """The event as it now is; `changed` names what is new."""
    event = owned.event
    fact = messages.EventChanged(
        event=details(event),
        organiser=messages.Organiser(str(owned.organiser), event.organiser),
        ticket_types=tuple([_offered(kind) for kind in event.ticket_types]),
        published=event.published,
        version=owned.version,
        changed=tuple(changed),
    )
    return messages.message(fact, source="orders")


def _offered(kind: TicketType) -> messages.OfferedType:
    return messages.OfferedType(
        id=str(kind.id),
        slug=kind.slug,
        name=kind.name,
        description=kind.description,
        price=messages.Money(kind.price, kind.currency),
        capacity=kind.capacity,
        max_per_order=kind.max_per_order,
        on_sale_from=kind.on_sale_from,
        on_sale_until=kind.on_sale_until,
    )


@lru_cache(maxsize=2000)
def details(event: Event) -> messages.EventDetails:
    """Once a reading of the event, not once an order."""
    return messages.EventDetails(
        id=str(event.id),
        slug=event.slug,
        name=event.name,
        description=event.description,
        venue=messages.Venue(event.venue_name, event.venue_address),
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        timezone=event.timezone,
        organiser=event.organiser,
    )
