"""The shapes of what clients read. `answers.py` makes them; `/openapi.json` describes them from here."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from services.orders.fulfilment import EmailStatus, OrderStatus, TicketsStatus

Amount = Annotated[int, Field(ge=0)]
ConfirmationNumber = Annotated[str, Field(pattern="^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$")]
Count = Annotated[int, Field(ge=0)]


class Money(TypedDict):
    """Integer minor units of an ISO 4217 currency: 4500 is 45.00 EUR."""

    amount: Amount
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


class EventVenue(TypedDict):
    name: str
    address: str


class OrganiserName(TypedDict):
    name: str


class TicketType(TypedDict):
    """A kind of place. `available` is as of a minute ago at most; without a sales window it is always on sale."""

    id: str
    slug: str
    name: str
    description: str
    price: Money
    capacity: Count
    available: Count
    max_per_order: Annotated[int, Field(ge=1)]
    on_sale_from: datetime | None
    on_sale_until: datetime | None


class EventSummary(TypedDict):
    """An event as it stands in an order. Times are in UTC; `timezone` is where it takes place (IANA)."""

    id: str
    slug: str
    name: str
    description: str
    venue: EventVenue
    starts_at: datetime
    ends_at: datetime | None
    timezone: str
    organiser: OrganiserName


class Event(EventSummary):
    """What people attend, with what is on sale for it."""

    ticket_types: list[TicketType]


class EventList(TypedDict):
    """A page of events. `next` is the `cursor` of the page after it."""

    data: list[Event]
    next: str | None


class OwnedEvent(Event):
    """An event as its organiser sees it. `published_at` is null while it is not on sale."""

    published_at: datetime | None


class OwnedEventList(TypedDict):
    """A page of an organiser's events."""

    data: list[OwnedEvent]
    next: str | None


class AttendeeName(TypedDict):
    name: str


class OrderLine(TypedDict):
    """`ticket_type` is its id; one attendee for each place."""

    ticket_type: str
    name: str
    quantity: Annotated[int, Field(ge=1)]
    unit_price: Money
    attendees: list[AttendeeName]


class OrderBuyer(TypedDict):
    name: str
    email: str


class FulfilmentStatus(TypedDict):
    """How far the tickets and the mail that carries them have come."""

    tickets: TicketsStatus
    email: EmailStatus


class Links(TypedDict):
    """`progress` and `tickets_pdf` are signed: they open without a header, for an hour. `page` is for people."""

    self: str
    progress: str
    tickets_pdf: str
    page: str


class OrderMembers(TypedDict):
    confirmation_number: ConfirmationNumber
    status: OrderStatus
    placed_at: datetime
    event: EventSummary
    buyer: OrderBuyer
    lines: list[OrderLine]
    total: Money
    fulfilment: FulfilmentStatus


class Order(OrderMembers):
    """An order as it stands now."""

    links: Links


class PlacedOrder(Order):
    """An order as it was placed. Keep `access_token`: it opens this order, and is not mailed to anyone."""

    access_token: str


class SelfLink(TypedDict):
    self: str


class ListedOrder(TypedDict):
    """An order in its event's list."""

    confirmation_number: ConfirmationNumber
    status: OrderStatus
    placed_at: datetime
    buyer: OrderBuyer
    lines: list[OrderLine]
    total: Money
    fulfilment: FulfilmentStatus
    links: SelfLink


class OrderList(TypedDict):
    """A page of an event's orders, the latest first."""

    data: list[ListedOrder]
    next: str | None


class Total(TypedDict):
    """Places sold, and what they brought: an amount for each currency."""

    sold: Count
    revenue: list[Money]


class TypeOnDay(Total):
    """`id` is the ticket type's."""

    id: str


class DaySales(Total):
    """A day in the event's own time zone."""

    date: date
    ticket_types: list[TypeOnDay]


class TypeSales(Total):
    id: str
    slug: str
    name: str
    capacity: Count
    available: Count


class Sales(Total):
    """As a whole, by ticket type, and for every day from the first sale to the last."""

    event: str
    timezone: str
    ticket_types: list[TypeSales]
    days: list[DaySales]


class SignInAsked(TypedDict):
    detail: str
