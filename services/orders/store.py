"""The orders service's SQL, all of it."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from services.orders.catalogue import Event, TicketType
from services.orders.fulfilment import Fulfilment
from services.orders.organising import NewEvent
from services.orders.placing import Accepted, LockedType, PlaceOrder
from shared.database import Connection
from shared.identifiers import uuid7

KEY_LIFETIME = timedelta(hours=24)

_EVENT = """
    SELECT e.*, o.name AS organiser, e.published_at IS NOT NULL AS published,
           coalesce(json_agg(t ORDER BY t.position) FILTER (WHERE t.id IS NOT NULL), '[]') AS ticket_types
      FROM events e JOIN organisers o ON o.id = e.organiser_id LEFT JOIN ticket_types t ON t.event_id = e.id
"""


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order as kept. `lines` are as in the answers; `pdf_key` is None until tickets are issued."""

    id: UUID
    number: str
    event_id: UUID
    buyer_name: str
    buyer_email: str
    lines: list[dict[str, Any]]
    total: int
    currency: str
    status: str
    placed_at: datetime
    fulfilment: Fulfilment
    pdf_key: str | None


@dataclass(frozen=True, slots=True)
class PlacedOrder:
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


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What an Idempotency-Key was answered with; `order_id` is None when no order came of it."""

    key: bytes
    fingerprint: bytes
    order_id: UUID | None
    status: int
    answer: bytes


@dataclass(frozen=True, slots=True)
class News:
    """One report about an order, as its progress stream tells it."""

    id: int
    name: str
    at: datetime
    data: dict[str, Any]


# --- events ---------------------------------------------------------------------------------------


async def add_organiser(connection: Connection, name: str) -> UUID:
    """The organiser's id; the one already there when the name is known."""
    found = await connection.fetchval(
        "INSERT INTO organisers (id, name) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET name = $2 RETURNING id",
        uuid7(),
        name,
    )
    return cast(UUID, found)


async def add_event(connection: Connection, organiser: UUID, event: NewEvent) -> UUID:
    """Put a new event on sale, published at once. Give a connection inside a transaction."""
    identity = uuid7()
    await connection.execute(
        """
        INSERT INTO events (id, organiser_id, slug, name, description, venue_name, venue_address,
                            starts_at, ends_at, timezone, published_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now())
        """,
        identity,
        organiser,
        event.slug,
        event.name,
        event.description,
        event.venue_name,
        event.venue_address,
        event.starts_at,
        event.ends_at,
        event.timezone,
    )
    await connection.executemany(
        """
        INSERT INTO ticket_types (id, event_id, slug, position, name, description, price_amount, currency,
                                  capacity, available, max_per_order, on_sale_from, on_sale_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12)
        """,
        [
            (
                uuid7(),
                identity,
                kind.slug,
                position,
                kind.name,
                kind.description,
                kind.price,
                kind.currency,
                kind.capacity,
                kind.max_per_order,
                kind.on_sale_from,
                kind.on_sale_until,
            )
            for position, kind in enumerate(event.ticket_types)
        ],
    )
    return identity


async def any_event(connection: Connection) -> bool:
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM events)"))


async def event(connection: Connection, ref: str) -> Event | None:
    """By id or slug, published or not; by primary key or the slug's unique index."""
    row = await connection.fetchrow(_EVENT + "WHERE e.id::text = $1 OR e.slug = $1 GROUP BY e.id, o.name", ref)
    return _event(row) if row else None


async def published_events(connection: Connection, after: tuple[datetime, UUID] | None, limit: int) -> list[Event]:
    """The next ones by start, past the one named in `after`; walks the index `events_published`."""
    place = "AND (e.starts_at, e.id) > ($2, $3)" if after else ""
    rows = await connection.fetch(
        _EVENT + f"WHERE e.published_at IS NOT NULL {place} GROUP BY e.id, o.name ORDER BY e.starts_at, e.id LIMIT $1",
        limit,
        *(after or ()),
    )
    return [_event(row) for row in rows]


# --- placing --------------------------------------------------------------------------------------


async def first_answers(connection: Connection, keys: Collection[bytes]) -> dict[bytes, FirstAnswer]:
    """What these keys were answered within their lifetime."""
    rows = await connection.fetch(
        "SELECT key, fingerprint, order_id, status, answer FROM idempotency_keys "
        "WHERE key = ANY($1::bytea[]) AND created_at > now() - $2::interval",
        list(keys),
        KEY_LIFETIME,
    )
    return {row["key"]: FirstAnswer(**row) for row in rows}


async def lock_types(connection: Connection, identities: Collection[UUID]) -> dict[UUID, LockedType]:
    """Lock these ticket types until the transaction ends, in id order so that batches can't deadlock."""
    rows = await connection.fetch(
        """
        SELECT t.*, e.published_at IS NOT NULL AS published FROM ticket_types t JOIN events e ON e.id = t.event_id
         WHERE t.id = ANY($1::uuid[]) ORDER BY t.id FOR NO KEY UPDATE OF t
        """,
        sorted(identities),
    )
    return {row["id"]: LockedType(_ticket_type(row), row["published"]) for row in rows}


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


async def keep_answers(connection: Connection, given: Sequence[FirstAnswer]) -> bool:
    """Keep first answers, in key order; False when another process kept one of these keys first.

    Comes after `lock_types` in the transaction, so keys and types are always locked in that order.
    """
    given = sorted(given, key=lambda answer: answer.key)
    kept = await connection.fetch(
        """
        INSERT INTO idempotency_keys AS k (key, fingerprint, order_id, status, answer)
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::uuid[], $4::smallint[], $5::bytea[])
            ON CONFLICT (key) DO UPDATE
           SET (fingerprint, order_id, status, answer, created_at)
             = (excluded.fingerprint, excluded.order_id, excluded.status, excluded.answer, now())
         WHERE k.created_at <= now() - $6::interval
        RETURNING key
        """,
        [answer.key for answer in given],
        [answer.fingerprint for answer in given],
        [answer.order_id for answer in given],
        [answer.status for answer in given],
        [answer.answer for answer in given],
        KEY_LIFETIME,
    )
    return len(kept) == len(given)


async def forget_old_answers(connection: Connection, limit: int = 1000) -> int:
    """Delete some keys past their lifetime, skipping those in use. Returns how many."""
    status = await connection.execute(
        """
        DELETE FROM idempotency_keys WHERE key IN (
            SELECT key FROM idempotency_keys WHERE created_at <= now() - $1::interval
             ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
        """,
        KEY_LIFETIME,
        limit,
    )
    return int(status.split()[-1])


async def existing_orders(connection: Connection, identities: Collection[UUID]) -> set[UUID]:
    rows = await connection.fetch("SELECT id FROM orders WHERE id = ANY($1::uuid[])", list(identities))
    return {row["id"] for row in rows}


# --- what became of an order ----------------------------------------------------------------------


async def order(connection: Connection, number: str) -> StoredOrder | None:
    row = await connection.fetchrow("SELECT * FROM orders WHERE number = $1", number)
    if row is None:
        return None
    return StoredOrder(
        id=row["id"],
        number=row["number"],
        event_id=row["event_id"],
        buyer_name=row["buyer_name"],
        buyer_email=row["buyer_email"],
        lines=json.loads(row["lines"]),
        total=row["total_amount"],
        currency=row["currency"],
        status=row["status"],
        placed_at=row["placed_at"],
        fulfilment=Fulfilment(row["tickets_status"], row["email_status"]),
        pdf_key=row["pdf_key"],
    )


async def lock_fulfilment(connection: Connection, number: str) -> Fulfilment | None:
    """The order's state, its row locked until the transaction ends; None for an unknown number."""
    row = await connection.fetchrow(
        "SELECT tickets_status, email_status FROM orders WHERE number = $1 FOR NO KEY UPDATE", number
    )
    return Fulfilment(row["tickets_status"], row["email_status"]) if row else None


async def save_fulfilment(connection: Connection, number: str, state: Fulfilment, pdf_key: str | None) -> None:
    """`pdf_key` None leaves the one that is there."""
    await connection.execute(
        "UPDATE orders SET tickets_status = $2, email_status = $3, pdf_key = coalesce($4, pdf_key) WHERE number = $1",
        number,
        state.tickets,
        state.email,
        pdf_key,
    )


async def add_news(connection: Connection, number: str, name: str, data: bytes) -> None:
    await connection.execute(
        "INSERT INTO order_news (number, name, data) VALUES ($1, $2, $3::json)", number, name, data.decode()
    )


async def news(connection: Connection, number: str, after: int) -> list[News]:
    """What was reported past the id `after`, oldest first; by the index `order_news_number`."""
    rows = await connection.fetch(
        "SELECT id, name, at, data FROM order_news WHERE number = $1 AND id > $2 ORDER BY id", number, after
    )
    return [News(row["id"], row["name"], row["at"], json.loads(row["data"])) for row in rows]


def _event(row: Any) -> Event:
    return Event(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        description=row["description"],
        venue_name=row["venue_name"],
        venue_address=row["venue_address"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        timezone=row["timezone"],
        organiser=row["organiser"],
        published=row["published"],
        ticket_types=tuple(_ticket_type(_typed(kind)) for kind in json.loads(row["ticket_types"])),
    )


def _typed(kind: dict[str, Any]) -> dict[str, Any]:
    """A ticket type out of `json_agg`, where ids and times are text."""
    times = {name: kind[name] and datetime.fromisoformat(kind[name]) for name in ("on_sale_from", "on_sale_until")}
    return kind | times | {"id": UUID(kind["id"])}


def _ticket_type(row: Any) -> TicketType:
    return TicketType(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        description=row["description"],
        price=row["price_amount"],
        currency=row["currency"],
        capacity=row["capacity"],
        available=row["available"],
        max_per_order=row["max_per_order"],
        on_sale_from=row["on_sale_from"],
        on_sale_until=row["on_sale_until"],
    )
