"""Keys, events and cancellations, announced again: nobody answers them, so nobody knows who has heard.

A revoked key that tickets never heard of would go on opening gates, a void ticket would let somebody in.
"""

from collections.abc import Sequence
from uuid import UUID

from services.orders import editing, organisers, store
from services.orders.reconciling import retelling, rules
from services.orders.store import announcing
from services.orders.store import reconciling as rows
from services.orders.store.announcing import Announcement
from shared import outbox
from shared.bus import Message
from shared.database import Connection
from shared.messages import ApiKeyChanged, EventChanged, OrderCancelled

FOR_GOOD = frozenset({ApiKeyChanged.key})


async def announce_again(held: Connection, limit: int) -> list[Message]:
    """Owe what is due to be repeated, as it now is; returns what is owed. Needs a transaction."""
    due = await announcing.due_announcements(held, limit)
    told = [message for one in due if (message := await _told(held, one))]
    owed = await outbox.add_unless_owed(held, told) if told else []
    await announcing.announced(held, _again(due))
    return owed


def _again(due: Sequence[Announcement]) -> list[tuple[Announcement, rules.Wait]]:
    return [(one, rules.announced_again_after(one.times + 1, for_good=one.key in FOR_GOOD)) for one in due]


async def _told(held: Connection, one: Announcement) -> Message | None:
    match one.key:
        case ApiKeyChanged.key:
            return await organisers.key_told(held, one.subject)
        case EventChanged.key:
            return await editing.event_told(held, UUID(one.subject))
        case OrderCancelled.key:
            return await _cancellation(held, one.subject)
    return None


async def _cancellation(held: Connection, number: str) -> Message | None:
    order = await store.order(held, number)
    if order is None or order.status != "cancelled":
        return None
    event = await store.event(held, str(order.event_id))
    if event is None:
        return None
    tickets = await rows.tickets_of(held, [order.id])
    return next(retelling.told_again(order, tickets[order.id], event))
