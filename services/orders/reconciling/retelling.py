"""What an order has told the others, told again: made anew from its rows, under the same natural keys.

Tickets, attendees, types and prices are as sold; the event is as it now is.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from services.orders import reporting, store
from services.orders.answer_shapes import OrderLine
from services.orders.catalogue import Event
from services.orders.store import StoredOrder, VoidTicket
from services.orders.store import reconciling as rows
from services.orders.store.reconciling import SeatedTicket
from shared import messages, outbox
from shared.bus import Message
from shared.database import Connection


async def owe_again(held: Connection, orders: Sequence[StoredOrder]) -> list[Message]:
    """Owe these orders' messages once more, as far as they are not still in the outbox; returns those owed."""
    tickets = await rows.tickets_of(held, [order.id for order in orders])
    events: dict[UUID, Event] = {}
    for identity in {order.event_id for order in orders}:
        if event := await store.event(held, str(identity)):
            events[identity] = event
    told = [
        message
        for order in orders
        if order.event_id in events
        for message in told_again(order, tickets[order.id], events[order.event_id])
    ]
    return await outbox.add_unless_owed(held, told)


def told_again(order: StoredOrder, tickets: Sequence[SeatedTicket], event: Event) -> Iterator[Message]:
    """All that the others must have heard for what `order` now waits for: they answer again what they did already."""
    if order.status == "cancelled":
        void = [VoidTicket(ticket.id, ticket.ticket_type) for ticket in tickets]
        yield reporting.order_cancelled(
            order, event, void, order.cancelled_by or "buyer", order.cancelled_at or order.placed_at
        )
        return
    # The mailer learns of tickets from the answer to this.
    yield order_placed(order, tickets, event)
    if order.fulfilment.tickets == "issued" and order.fulfilment.mail.revision > 1:
        yield reporting.resend_requested(order.number, order.fulfilment.mail.revision)


def order_placed(order: StoredOrder, tickets: Sequence[SeatedTicket], event: Event) -> Message:
    fact = messages.OrderPlaced(
        number=order.number,
        event=reporting.details(event),
        buyer=messages.Buyer(order.buyer_name, order.buyer_email),
        locale=order.locale,
        lines=tuple(
            messages.OrderLine(line["ticket_type"], line["name"], line["quantity"], _money(line))
            for line in order.lines
        ),
        tickets=tuple(
            messages.TicketToIssue(str(ticket.id), line["name"], ticket.attendee, _money(line))
            for line, ticket in seated(order.lines, tickets)
        ),
        total=messages.Money(order.total, order.currency),
        placed_at=order.placed_at,
    )
    return messages.message(fact, source="orders", at=order.placed_at)


def seated(lines: Sequence[OrderLine], tickets: Sequence[SeatedTicket]) -> Iterator[tuple[OrderLine, SeatedTicket]]:
    """Line by line, attendee by attendee, as they were told first: the ids of an order's tickets rise in that order.

    They did not always: where attendees share a name, which ticket is whose is then anybody's guess.
    """
    left = list(tickets)
    for line in lines:
        of_type = str(line["ticket_type"])
        for attendee in line["attendees"]:
            here = [ticket for ticket in left if str(ticket.ticket_type) == of_type]
            if not here:
                return
            ticket = next((ticket for ticket in here if ticket.attendee == attendee["name"]), here[0])
            left.remove(ticket)
            yield line, ticket


def _money(line: OrderLine) -> messages.Money:
    return messages.Money(line["unit_price"]["amount"], line["unit_price"]["currency"])
