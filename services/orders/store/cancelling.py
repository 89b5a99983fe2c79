"""What cancelling an order writes, in one transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.orders.cancelling import By
from services.orders.store.orders import StoredOrder
from services.orders.store.placing import lock_types
from shared.database import Connection


@dataclass(frozen=True, slots=True)
class VoidTicket:
    id: UUID
    ticket_type: UUID


async def void_order(connection: Connection, order: StoredOrder, by: By, at: datetime) -> list[VoidTicket]:
    """The order cancelled and its tickets void; `lock_order` has locked its row. By the index `tickets_order`."""
    await connection.execute(
        "UPDATE orders SET status = 'cancelled', cancelled_at = $2, cancelled_by = $3 WHERE id = $1", order.id, at, by
    )
    rows = await connection.fetch(
        "UPDATE tickets SET voided_at = $2 WHERE order_id = $1 AND voided_at IS NULL RETURNING id, ticket_type_id",
        order.id,
        at,
    )
    return [VoidTicket(row["id"], row["ticket_type_id"]) for row in rows]


async def return_places(connection: Connection, void: Sequence[VoidTicket]) -> None:
    """Their places are for sale again. Comes last in the transaction: a hot ticket type is locked for a moment only.

    Orders are locked before ticket types, and these in id order, as batches do; placing locks no order that
    is there already. So nothing can deadlock.
    """
    places = Counter(ticket.ticket_type for ticket in void)
    await lock_types(connection, places)
    await connection.execute(
        "UPDATE ticket_types t SET available = available + v.count "
        "FROM unnest($1::uuid[], $2::int[]) AS v (id, count) WHERE t.id = v.id",
        list(places),
        list(places.values()),
    )
