"""What the routes of orders say of themselves: places in their paths, and their answers."""

from typing import get_args

from services.orders import answer_shapes as shapes
from services.orders import examples
from services.orders.fulfilment import OrderStatus
from shared.openapi import Gives, Parameter

BUYERS, ORGANISERS = "Buyers", "Organisers"

EVENT_REF = Parameter("event", "path", "An event's id or slug.", example=examples.EVENT["slug"])
TYPE_REF = Parameter("ticket_type", "path", "A ticket type's id or slug.", example=examples.TICKET_TYPE["slug"])
NUMBER = Parameter(
    "number",
    "path",
    "A confirmation number, in any case, with or without its dash; I and L are read as 1, O as 0.",
    example=examples.NUMBER,
)

SEARCH = Parameter(
    "q",
    "query",
    "A confirmation number, or a part of the buyer's name or address.",
    {"type": "string", "maxLength": 200},
    example="lovelace",
)
STATUS = Parameter(
    "status", "query", "Only orders of this status.", {"type": "string", "enum": list(get_args(OrderStatus))}
)

_MADE, _STATE = ("Location", "ETag"), ("ETag",)

UNCHANGED = Gives(304, "Still the state of that ETag.", headers=_STATE)
EVENTS = Gives(
    200, "A page of events.", shapes.EventList | shapes.OwnedEventList, headers=_STATE, example=examples.EVENTS
)
EVENT = Gives(200, "The event.", shapes.Event | shapes.OwnedEvent, headers=_STATE, example=examples.EVENT)
OWN_EVENT = Gives(200, "The event as it is now.", shapes.OwnedEvent, headers=_STATE, example=examples.OWNED_EVENT)
NEW_EVENT = Gives(201, "Made, not yet published.", shapes.OwnedEvent, headers=_MADE, example=examples.OWNED_EVENT)
TICKET_TYPE = Gives(
    200, "The ticket type as it is now.", shapes.TicketType, headers=_STATE, example=examples.TICKET_TYPE
)
NEW_TICKET_TYPE = Gives(201, "Added.", shapes.TicketType, headers=_MADE, example=examples.TICKET_TYPE)

ORDER = Gives(200, "The order as it stands now.", shapes.Order, example=examples.ORDER)
CANCELLED = Gives(
    200, "The order, cancelled; the same again if it was already.", shapes.Order, example=examples.CANCELLED
)
ASKED = Gives(202, "The order: the mail follows.", shapes.Order, example=examples.ASKED)
PLACED = Gives(
    201,
    "Placed, and on disk: the tickets and the mail follow, whatever happens next.",
    shapes.PlacedOrder,
    headers=("Location", "Idempotent-Replayed"),
    example=examples.PLACED,
)
ORDERS = Gives(200, "A page of orders.", shapes.OrderList, example=examples.ORDERS)
SALES = Gives(200, "What was sold.", shapes.Sales, example=examples.SALES)
ATTENDEES = Gives(200, "The list.", media="text/csv", headers=("Content-Disposition",), example=examples.ATTENDEES)
PROGRESS_OVER = Gives(204, "You have seen all there will be.")
PROGRESS = Gives(200, "Events, until nothing more comes.", media="text/event-stream", example=examples.PROGRESS)
TICKETS_PDF = Gives(200, "The PDF.", media="application/pdf", headers=("Content-Disposition",))
