"""What was not fulfilled in time, and how it is found.

Settled orders are looked at twice, by walking their primary key: an index over what is unsettled would end the
updates in place (HOT) that settling an order consists of, on every index of the table.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.orders.reconciling.rules import WaitsFor
from services.orders.store.orders import StoredOrder, order_in
from shared.database import Connection

# What an order `o` waits for, null when nothing more comes by itself: `Fulfilment.settled` in SQL.
WAITS_FOR = """
    CASE WHEN o.tickets_status = 'pending' THEN 'tickets'
         WHEN o.tickets_status = 'issued' AND o.email_status = 'pending' THEN 'mail'
         WHEN o.tickets_status = 'void' AND o.email_status = 'pending' THEN 'cancellation mail' END
"""

Walk = Literal["walked_to", "walked_again_to"]


@dataclass(frozen=True, slots=True)
class Progress:
    """`fulfilled_to` is when the latest order known to be fulfilled was placed."""

    walked_to: UUID
    walked_again_to: UUID
    fulfilled_to: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order to look at. `waits_for` None: it is settled. `waited` counts from when that was asked for."""

    order: StoredOrder
    waits_for: WaitsFor | None
    waited: timedelta
    times_asked: int


@dataclass(frozen=True, slots=True)
class SeatedTicket:
    id: UUID
    ticket_type: UUID
    attendee: str


async def lock_progress(connection: Connection) -> Progress | None:
    """The one row, locked until the transaction ends; None when another process has it.

    Until then Postgres keeps to the indexes: it may otherwise use a plan made while a table was empty.
    """
    await connection.execute(
        "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = off; "
        "SET LOCAL enable_bitmapscan = off"
    )
    row = await connection.fetchrow("SELECT * FROM reconciliation FOR UPDATE SKIP LOCKED")
    return Progress(row["walked_to"], row["walked_again_to"], row["fulfilled_to"]) if row else None


async def walk(connection: Connection, walk: Walk, after: UUID, older_than: timedelta, limit: int) -> int:
    """Pass the next orders past `after` whose ids are `older_than` that, noting who waits; how many were passed.

    Reads a range of the primary key, whose ids rise with time (UUIDv7); needs the lock of `lock_progress`.
    """
    passed = await connection.fetchval(
        f"""
        WITH passed AS (
            SELECT o.id, o.placed_at, {WAITS_FOR} AS waits_for FROM orders o
             WHERE o.id > $1 AND o.id <
                   rpad(lpad(to_hex((extract(epoch FROM now() - $2::interval) * 1000)::bigint), 12, '0'), 32, '0')::uuid
             ORDER BY o.id LIMIT $3
        ), watched AS (
            INSERT INTO unfulfilled_orders (order_id, since) SELECT id, placed_at FROM passed
             WHERE waits_for IS NOT NULL ON CONFLICT DO NOTHING
        ), noted AS (
            UPDATE reconciliation
               SET {walk} = coalesce((SELECT id FROM passed ORDER BY id DESC LIMIT 1), {walk}),
                   fulfilled_to = greatest(fulfilled_to, (SELECT max(placed_at) FROM passed WHERE waits_for IS NULL))
        )
        SELECT count(*) FROM passed
        """,  # noqa: S608 - names of ours
        after,
        older_than,
        limit,
    )
    return int(passed)


async def watch(connection: Connection, order: UUID) -> None:
    """From now on it waits for something else than before: another mail."""
    await connection.execute(
        """
        INSERT INTO unfulfilled_orders (order_id, since) VALUES ($1, now())
            ON CONFLICT (order_id) DO UPDATE SET since = now(), times_asked = 0, asked_at = NULL, look_at = now()
        """,
        order,
    )


async def may_ask(connection: Connection, order: UUID, apart: timedelta) -> bool:
    """Whether nobody has asked for it again within `apart`; if so, it has been from now on."""
    return bool(
        await connection.fetchval(
            """
            INSERT INTO unfulfilled_orders AS u (order_id, since, times_asked, asked_at, look_at)
            VALUES ($1, now(), 1, now(), now() + $2::interval)
                ON CONFLICT (order_id) DO UPDATE SET asked_at = now(), look_at = now() + $2::interval
             WHERE u.asked_at IS NULL OR u.asked_at <= now() - $2::interval RETURNING true
            """,
            order,
            apart,
        )
    )


async def any_waiting(connection: Connection) -> int:
    """0 when nobody is due to be looked at, else how many are watched."""
    return int(
        await connection.fetchval(
            "SELECT CASE WHEN EXISTS (SELECT FROM unfulfilled_orders WHERE look_at <= now()) "
            "THEN (SELECT count(*) FROM unfulfilled_orders) ELSE 0 END"
        )
    )


async def waiting(connection: Connection, limit: int, asked_before: datetime | None) -> list[Waiting]:
    """Those due to be looked at, the longest due first, locked; if given, those last asked for before `asked_before`.

    Locks no order: what is asked for again does nothing where it is not awaited any more.
    """
    rows = await connection.fetch(
        f"""
        SELECT o.*, {WAITS_FOR} AS waits_for, now() - u.since AS waited, u.times_asked
          FROM unfulfilled_orders u JOIN orders o ON o.id = u.order_id
         WHERE u.look_at <= now() AND ($2::timestamptz IS NULL OR coalesce(u.asked_at, u.since) < $2)
         ORDER BY u.look_at LIMIT $1 FOR UPDATE OF u SKIP LOCKED
        """,  # noqa: S608 - an expression of ours
        limit,
        asked_before,
    )
    return [Waiting(order_in(row), row["waits_for"], row["waited"], row["times_asked"]) for row in rows]


async def forget_settled(connection: Connection, orders: Sequence[StoredOrder]) -> None:
    """They are watched no longer; the latest of them shows how far orders are fulfilled."""
    await connection.execute(
        "DELETE FROM unfulfilled_orders WHERE order_id = ANY($1::uuid[])", [order.id for order in orders]
    )
    await connection.execute(
        "UPDATE reconciliation SET fulfilled_to = greatest(fulfilled_to, $1)", max(order.placed_at for order in orders)
    )


async def look_later(connection: Connection, waits: Sequence[tuple[UUID, timedelta]], *, asked: bool) -> None:
    """Look at each order again after its wait; `asked` when they were asked for just now."""
    await connection.execute(
        """
        UPDATE unfulfilled_orders u
           SET look_at = now() + w.wait, times_asked = times_asked + $3::int,
               asked_at = CASE WHEN $3::int = 1 THEN now() ELSE asked_at END
          FROM unnest($1::uuid[], $2::interval[]) AS w (order_id, wait) WHERE u.order_id = w.order_id
        """,
        [order for order, _ in waits],
        [wait for _, wait in waits],
        int(asked),
    )


async def tickets_of(connection: Connection, orders: Collection[UUID]) -> dict[UUID, list[SeatedTicket]]:
    """By order, in the order of their ids; by the index `tickets_order`."""
    found: dict[UUID, list[SeatedTicket]] = {order: [] for order in orders}
    rows = await connection.fetch(
        "SELECT * FROM tickets WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, id", list(orders)
    )
    for row in rows:
        found[row["order_id"]].append(SeatedTicket(row["id"], row["ticket_type_id"], row["attendee"]))
    return found
