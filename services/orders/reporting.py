"""What orders tells the others: an accepted order as a message."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.orders.catalogue import Event
from services.orders.placing import Accepted
from shared import messages
from shared.bus import Message


def order_placed(accepted: Accepted, tickets: Sequence[UUID], placed_at: datetime) -> Message:
    """`tickets` are the ids of the order's tickets, line by line, attendee by attendee."""
    order = accepted.order
    seats = [(kind, name) for line, kind in zip(order.lines, accepted.kinds, strict=True) for name in line.attendees]
    fact = messages.OrderPlaced(
        number=order.number,
        event=_details(order.event),
        buyer=messages.Buyer(order.buyer_name, order.buyer_email),
        locale=order.locale,
        lines=tuple(
            messages.OrderLine(str(kind.id), kind.name, line.quantity, messages.Money(kind.price, kind.currency))
            for line, kind in zip(order.lines, accepted.kinds, strict=True)
        ),
        tickets=tuple(
            messages.TicketToIssue(str(ticket), kind.name, name, messages.Money(kind.price, kind.currency))
            for ticket, (kind, name) in zip(tickets, seats, strict=True)
        ),
        total=messages.Money(accepted.total, accepted.currency),
        placed_at=placed_at,
    )
    return messages.message(fact, source="orders", at=placed_at)


def _details(event: Event) -> messages.EventDetails:
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
