"""A message of each kind that organisers may hear of, with what must not get out marked as such."""

from uuid import UUID, uuid4

from shared.messages import (
    Buyer,
    EmailBounced,
    EmailFailed,
    EmailSent,
    EventChanged,
    EventDetails,
    Fact,
    Money,
    OfferedType,
    OrderCancelled,
    OrderLine,
    OrderPlaced,
    Organiser,
    StoredDocument,
    TicketsIssued,
    TicketToIssue,
    Venue,
)
from tests.orders.builders import NOW

NUMBER = "7K2MX-Q4P9D"
ADA = Buyer("Ada Lovelace", "ada@example.org")
PRICE = Money(4500, "EUR")


def details(event: UUID | str) -> EventDetails:
    place = Venue("Lakeside", "1 Shore Road")
    return EventDetails(str(event), "summer-night", "Summer Night", "", place, NOW, None, "Europe/Berlin", "Hillside")


def order_placed(event: UUID | str, number: str = NUMBER) -> OrderPlaced:
    return OrderPlaced(
        number=number,
        event=details(event),
        buyer=ADA,
        locale="en",
        lines=(OrderLine("1", "General", 2, PRICE),),
        tickets=(TicketToIssue("1", "General", "Ada Lovelace", PRICE), TicketToIssue("2", "General", "Bob", PRICE)),
        total=Money(9000, "EUR"),
        placed_at=NOW,
    )


def order_cancelled(event: UUID | str) -> OrderCancelled:
    return OrderCancelled(
        number=NUMBER,
        event=details(event),
        buyer=ADA,
        locale="en",
        tickets=("1", "2"),
        reason="buyer",
        cancelled_at=NOW,
    )


def tickets_issued(event: UUID | str) -> TicketsIssued:
    pdf = StoredDocument("secret-store-key/1.pdf", 1, "0" * 64)
    return TicketsIssued(number=NUMBER, event=details(event), buyer=ADA, locale="en", pdf=pdf, tickets=2)


def email_sent(number: str = NUMBER) -> EmailSent:
    return EmailSent(number=number, template="tickets", recipient="ada@example.org")


def event_changed(event: UUID | str) -> EventChanged:
    return EventChanged(
        event=details(event),
        organiser=Organiser("1", "Hillside"),
        ticket_types=(
            OfferedType(
                id="1",
                slug="general",
                name="General",
                description="",
                price=PRICE,
                capacity=10,
                max_per_order=2,
                on_sale_from=None,
                on_sale_until=None,
            ),
        ),
        published=True,
        version=2,
        changed=("name",),
    )


FACTS_TOLD: tuple[Fact, ...] = (
    order_placed(uuid4()),
    order_cancelled(uuid4()),
    tickets_issued(uuid4()),
    email_sent(),
    EmailBounced(number=NUMBER, template="tickets", recipient="ada@example.org", reason="550 5.1.1"),
    EmailFailed(number=NUMBER, template="tickets", recipient="ada@example.org", reason="554"),
    event_changed(uuid4()),
)
