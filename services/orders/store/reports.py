"""What organisers read of an event's orders. Everything here takes an `Owned` and walks the index `orders_event`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.orders.attendees import Attendee
from services.orders.sales import Sold
from services.orders.store.orders import StoredOrder, order_in
from services.orders.store.owned import Owned
from shared.database import Connection

FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders: with `status`, and with `text` in the buyer's name or address, unless it is an order's `number`."""

    status: str | None = None
    text: str | None = None
    number: str | None = None


async def owned_order(connection: Connection, organiser: UUID, number: str) -> StoredOrder | None:
    """By number, if it is for one of the organiser's events."""
    row = await connection.fetchrow(
        "SELECT r.* FROM orders r JOIN events e ON e.id = r.event_id WHERE e.organiser_id = $1 AND r.number = $2",
        organiser,
        number,
    )
    return order_in(row) if row else None


async def orders_of(
    connection: Connection, owned: Owned, wanted: Wanted, before: UUID | None, limit: int
) -> list[StoredOrder]:
    """Newest first, past the id `before`.

    A number is found by its unique index; a `text` in one order after the other, 100,000 in 0.1 s.
    """
    if wanted.number and (found := await owned_order(connection, owned.organiser, wanted.number)):
        fits = found.event_id == owned.event.id and wanted.status in (None, found.status)
        return [found] if fits and before is None else []
    # Conditions that are not asked for are left out: one plan for all of them would be a bad one for some.
    asked = {
        "id < ?": before,
        "status = ?": wanted.status,
        "(buyer_name ILIKE ? OR buyer_email ILIKE ?)": wanted.text and f"%{_literally(wanted.text)}%",
    }
    given = {condition: value for condition, value in asked.items() if value is not None}
    more = "".join(f" AND {condition.replace('?', f'${place}')}" for place, condition in enumerate(given, 3))
    rows = await connection.fetch(
        f"SELECT * FROM orders WHERE event_id = $1{more} ORDER BY id DESC LIMIT $2",  # noqa: S608 - our own words
        owned.event.id,
        limit,
        *given.values(),
    )
    return [order_in(row) for row in rows]


async def attendees_of(connection: Connection, owned: Owned, after: Attendee | None, limit: int) -> list[Attendee]:
    """The next ones in the order of their sale, without those of cancelled orders.

    The orders are chosen before they meet their tickets, one more than needed since the first may be done: a plan
    that merges the two tables would begin at the first ticket there is, for every page.
    """
    rows = await connection.fetch(
        """
        WITH page AS MATERIALIZED (
            SELECT id, number, buyer_name, buyer_email, placed_at FROM orders
             WHERE event_id = $1 AND status = 'confirmed' AND id >= $2 ORDER BY id LIMIT $4 + 1
        )
        SELECT r.id, t.id, r.number, k.name, t.attendee, r.buyer_name, r.buyer_email, r.placed_at
          FROM page r CROSS JOIN LATERAL (SELECT * FROM tickets WHERE order_id = r.id OFFSET 0) t
          JOIN ticket_types k ON k.id = t.ticket_type_id
         WHERE (r.id, t.id) > ($2, $3) ORDER BY r.id, t.id LIMIT $4
        """,
        owned.event.id,
        after.order_id if after else FIRST,
        after.ticket if after else FIRST,
        limit,
    )
    return [Attendee(*row) for row in rows]


async def sales_span(connection: Connection, owned: Owned) -> tuple[datetime, datetime] | None:
    """When the first and the last order that still stands was placed."""
    row = await connection.fetchrow(
        """
        SELECT min(placed_at) AS first, max(placed_at) AS last FROM orders WHERE event_id = $1 AND status = 'confirmed'
        """,
        owned.event.id,
    )
    return (row["first"], row["last"]) if row and row["first"] else None


async def sales_of(connection: Connection, owned: Owned, days: Sequence[datetime]) -> list[Sold]:
    """By ticket type, currency and day; `days` are the moments at which days begin. Cancelled orders don't count."""
    rows = await connection.fetch(
        """
        SELECT l.ticket_type, l.unit_price ->> 'currency' AS currency,
               width_bucket(r.placed_at, $2::timestamptz[]) - 1 AS day, sum(l.quantity)::bigint AS count,
               sum(l.quantity * (l.unit_price ->> 'amount')::bigint)::bigint AS revenue
          FROM orders r, json_to_recordset(r.lines) AS l (ticket_type uuid, quantity bigint, unit_price json)
         WHERE r.event_id = $1 AND r.status = 'confirmed' GROUP BY 1, 2, 3
        """,
        owned.event.id,
        days,
    )
    return [Sold(row["ticket_type"], row["currency"], row["day"], row["count"], row["revenue"]) for row in rows]


def _literally(text: str) -> str:
    """Without the wildcards of LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
