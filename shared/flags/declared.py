"""Every flag that the code reads, with what holds when nobody has set it.

A flag is for a while: when it is on for everyone for good, the code loses the branch and this list the line.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flag:
    """`default` holds while the flag is not set, or can't be read; `owner` is the service that asks."""

    name: str
    default: bool
    owner: str
    description: str


ORDERS_PAUSED = Flag(
    "orders-paused",
    default=False,
    owner="orders",
    description="No orders are taken, with the organiser's message; by event or organiser.",
)

NEW_TICKET_DESIGN = Flag(
    "new-ticket-design",
    default=False,
    owner="tickets",
    description="Tickets are drawn with a banner; by event, organiser, language, or for a share of the orders.",
)

RESEND_BY_BUYER = Flag(
    "resend-by-buyer",
    default=True,
    owner="orders",
    description="Buyers can have their tickets mailed again themselves; by event, organiser, or for a share of orders.",
)

DECLARED = {flag.name: flag for flag in (ORDERS_PAUSED, NEW_TICKET_DESIGN, RESEND_BY_BUYER)}
