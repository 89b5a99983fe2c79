"""What placing a batch of orders reads and writes, in one transaction."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.orders.catalogue import over_at
from services.orders.placing import Accepted, LockedType, PlaceOrder
from services.orders.store.rows import ticket_type
from shared.database import Connection


class PlacedOrder(msgspec.Struct, frozen=True):
    """An order to write. `lines` are as in the answers, in JSON; `tickets` has an id for each place."""

    accepted: Accepted
    lines: bytes
    tickets: tuple[UUID, ...]

    @property
    def order(self) -> PlaceOrder:
        return self.accepted.order

    def values(self) -> tuple[Any, ...]:
        """A row of `orders`, up to `currency`."""
        accepted, order = self.accepted, self.accepted.order
        buyer = (order.buyer_name, order.buyer_email, order.locale)
        return (order.id, order.number, order.event.id, *buyer, self.lines.decode(), accepted.total, accepted.currency)

    def seats(self) -> Iterator[tuple[UUID, UUID, UUID, UUID, str]]:
        """Rows of `tickets`."""
        order, tickets = self.accepted.order, iter(self.tickets)
        for line in order.lines:
            for name in line.attendees:
                yield next(tickets), order.id, order.event.id, line.ticket_type, name


async def lock_types(connection: Connection, identities: Collection[UUID]) -> dict[UUID, LockedType]:
    """Lock these ticket types until the transaction ends, in id order so that batches can't deadlock."""
    rows = await connection.fetch(
        """
        SELECT t.*, e.published_at IS NOT NULL AS published, e.starts_at, e.ends_at
          FROM ticket_types t JOIN events e ON e.id = t.event_id
         WHERE t.id = ANY($1::uuid[]) ORDER BY t.id FOR NO KEY UPDATE OF t
        """,
        sorted(identities),
    )
    return {
        row["id"]: LockedType(ticket_type(row), row["published"], over_at(row["starts_at"], row["ends_at"]))
        for row in rows
    }


async def add_placed(connection: Connection, orders: Sequence[PlacedOrder], placed_at: datetime) -> None:
    """Orders, their tickets, and the places off the stock, in one round trip.

    The ticket types' rows are locked by `lock_types`, and a check refuses to go below 0.
    """
    taken: Counter[UUID] = Counter()
    for row in orders:
        for line in row.order.lines:
            taken[line.ticket_type] += line.quantity
    await connection.execute(
        """
        WITH stock AS (
            UPDATE ticket_types t SET available = available - v.count
              FROM unnest($11::uuid[], $12::int[]) AS v (id, count) WHERE t.id = v.id
        ), seats AS (
            INSERT INTO tickets (id, order_id, event_id, ticket_type_id, attendee)
            SELECT * FROM unnest($13::uuid[], $14::uuid[], $15::uuid[], $16::uuid[], $17::text[])
        )
        INSERT INTO orders (id, number, event_id, buyer_name, buyer_email, locale, lines, total_amount, currency,
                            placed_at)
        SELECT v.*, $10 FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[],
                                    $7::json[], $8::bigint[], $9::text[]) AS v
        """,
        *zip(*[row.values() for row in orders], strict=True),
        placed_at,
        list(taken),
        list(taken.values()),
        *zip(*[seat for row in orders for seat in row.seats()], strict=True),
    )


async def existing_orders(connection: Connection, identities: Collection[UUID]) -> set[UUID]:
    rows = await connection.fetch("SELECT id FROM orders WHERE id = ANY($1::uuid[])", list(identities))
    return {row["id"] for row in rows}
