"""Every queue of the installation, and what is bound to it.

Each service declares all of them before it publishes: on a broker that is new, or was emptied, a
message reaches every queue it is meant for, also those whose service has yet to start.
"""

from collections.abc import Mapping

from shared.bus.protocol import Bus
from shared.messages import (
    ApiKeyChanged,
    EmailBounced,
    EmailFailed,
    EmailSent,
    EventChanged,
    Fact,
    OrderCancelled,
    OrderPlaced,
    OrderResendRequested,
    SignInRequested,
    TicketsFailed,
    TicketsIssued,
)

FOLLOWED_BY: Mapping[str, tuple[type[Fact], ...]] = {
    "tickets": (OrderPlaced, OrderCancelled, ApiKeyChanged, EventChanged),
    "mailer": (TicketsIssued, OrderCancelled, OrderResendRequested, SignInRequested),
    "orders": (TicketsIssued, TicketsFailed, EmailSent, EmailBounced, EmailFailed),
    # The caches in front of orders, for which orders takes the message (`services/orders/purging.py`).
    "edge": (EventChanged,),
    "webhooks": (OrderPlaced, OrderCancelled, TicketsIssued, EmailSent, EmailBounced, EmailFailed, EventChanged),
}


def queue_of(service: str, fact: type[Fact]) -> str:
    """`orders.tickets-issued` for what orders follows as `tickets.issued.v1`."""
    return f"{service}.{fact.key.rpartition('.')[0].replace('.', '-')}"


# By queue, the keys bound to it; in the order messages pass them.
QUEUES: Mapping[str, tuple[str, ...]] = {
    queue_of(service, fact): (fact.key,) for service, facts in FOLLOWED_BY.items() for fact in facts
}


def queues_of(service: str) -> list[str]:
    return [queue_of(service, fact) for fact in FOLLOWED_BY[service]]


async def declare_all(bus: Bus) -> None:
    """Have every queue exist, as soon as the broker is there."""
    for queue, keys in QUEUES.items():
        await bus.declare(queue, keys)
