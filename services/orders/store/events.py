"""Events with their ticket types, and whose they are."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from services.orders.catalogue import Event
from services.orders.organising import NewEvent, NewTicketType
from services.orders.slugs import IDENTITY
from services.orders.store.rows import ticket_type, typed
from shared.database import Connection
from shared.identifiers import uuid7

EVENT = """
    SELECT e.*, o.name AS organiser, e.published_at IS NOT NULL AS published,
           coalesce(json_agg(t ORDER BY t.position) FILTER (WHERE t.id IS NOT NULL), '[]') AS ticket_types
      FROM events e JOIN organisers o ON o.id = e.organiser_id LEFT JOIN ticket_types t ON t.event_id = e.id
"""


class SlugTaken(Exception):
    """Another event, of whoever, has this slug."""


async def add_organiser(connection: Connection, name: str) -> UUID:
    """The organiser's id; the one already there when the name is known."""
    found = await connection.fetchval(
        "INSERT INTO organisers (id, name) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET name = $2 RETURNING id",
        uuid7(),
        name,
    )
    return cast(UUID, found)


async def add_event(connection: Connection, organiser: UUID, event: NewEvent, *, published: bool = True) -> UUID:
    """A new event with its ticket types. Raises `SlugTaken`. Give a connection inside a transaction."""
    identity = uuid7()
    added = await connection.fetchval(
        """
        INSERT INTO events (id, organiser_id, slug, name, description, venue_name, venue_address,
                            starts_at, ends_at, timezone, published_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN $11 THEN now() END)
            ON CONFLICT (slug) DO NOTHING RETURNING true
        """,
        identity,
        organiser,
        *event_values(event),
        published,
    )
    if not added:
        raise SlugTaken(event.slug)
    await add_ticket_types(connection, identity, event.ticket_types)
    return identity


async def add_ticket_types(connection: Connection, event: UUID, kinds: Sequence[NewTicketType], first: int = 0) -> None:
    """`first` is the place of the first of them in the event's list."""
    await connection.executemany(
        """
        INSERT INTO ticket_types (id, event_id, position, slug, name, description, price_amount, currency,
                                  capacity, available, max_per_order, on_sale_from, on_sale_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12)
        """,
        [(uuid7(), event, place, *ticket_type_values(kind)) for place, kind in enumerate(kinds, first)],
    )


async def any_event(connection: Connection) -> bool:
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM events)"))


async def event(connection: Connection, ref: str) -> Event | None:
    """By id or slug, published or not; by primary key or the slug's unique index."""
    row = await connection.fetchrow(EVENT + f"WHERE {named(ref, '$1')} GROUP BY e.id, o.name", ref)
    return event_in(row) if row else None


async def published_events(
    connection: Connection, after: tuple[datetime, UUID] | None, limit: int, *, coming: bool = False
) -> list[Event]:
    """The next ones by start, past the one named in `after`, `coming` without those that are over (`Event.over`); walks
    the index `events_published`."""
    place = "AND (e.starts_at, e.id) > ($2, $3)" if after else ""
    if coming:
        place += " AND coalesce(e.ends_at, e.starts_at + interval '24 hours') > now()"
    rows = await connection.fetch(
        EVENT + f"WHERE e.published_at IS NOT NULL {place} GROUP BY e.id, o.name ORDER BY e.starts_at, e.id LIMIT $1",
        limit,
        *(after or ()),
    )
    return [event_in(row) for row in rows]


def named(ref: str, parameter: str) -> str:
    """The condition for the event of this id or slug; no slug has the form of an id."""
    return f"e.id = {parameter}::text::uuid" if IDENTITY.fullmatch(ref) else f"e.slug = {parameter}"


def event_values(event: NewEvent) -> tuple[Any, ...]:
    """Columns of `events`, from `slug` to `timezone`."""
    place = (event.venue_name, event.venue_address)
    return (event.slug, event.name, event.description, *place, event.starts_at, event.ends_at, event.timezone)


def ticket_type_values(kind: NewTicketType) -> tuple[Any, ...]:
    """Columns of `ticket_types`, from `slug` to `on_sale_until`, without `available`."""
    sale = (kind.capacity, kind.max_per_order, kind.on_sale_from, kind.on_sale_until)
    return (kind.slug, kind.name, kind.description, kind.price, kind.currency, *sale)


def event_in(row: Any) -> Event:
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
        ticket_types=tuple(ticket_type(typed(kind)) for kind in json.loads(row["ticket_types"])),
    )


async def organiser_of(connection: Connection, event: UUID) -> UUID | None:
    """Whose event it is, for what is done of ourselves and not for somebody."""
    found: UUID | None = await connection.fetchval("SELECT organiser_id FROM events WHERE id = $1", event)
    return found
