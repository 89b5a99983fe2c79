"""What is an organiser's own: the one place where tenants are kept apart.

Only `owned_event` and `owned_events` make an `Owned`, by a query that names the organiser. All else that
organisers read or change takes an `Owned`: whoever has none can't ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.orders.catalogue import Event, TicketType
from services.orders.organising import NewEvent, NewTicketType
from services.orders.slugs import REFERENCE
from services.orders.store.events import (
    EVENT,
    SlugTaken,
    add_ticket_types,
    event_in,
    event_values,
    named,
    ticket_type_values,
)
from services.orders.store.rows import ticket_type
from shared.database import Connection


@dataclass(frozen=True, slots=True)
class Owned:
    """An event known to be its organiser's. `version` counts its edits."""

    organiser: UUID
    event: Event
    version: int
    published_at: datetime | None


async def owned_event(connection: Connection, organiser: UUID, ref: str, *, lock: bool = False) -> Owned | None:
    """By id or slug, published or not; None also for what is another's.

    With `lock` its row is locked until the transaction ends, before those of its ticket types: editors
    wait for each other, and buyers, who never lock it, for none of them.
    """
    if not REFERENCE.fullmatch(ref):
        return None
    mine = f"WHERE e.organiser_id = $1 AND {named(ref, '$2')}"
    if lock:
        await connection.fetch(f"SELECT FROM events e {mine} FOR NO KEY UPDATE", organiser, ref)
    row = await connection.fetchrow(EVENT + f"{mine} GROUP BY e.id, o.name", organiser, ref)
    return _owned(row) if row else None


async def owned_events(
    connection: Connection, organiser: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[Owned]:
    """The next ones by start, past the one named in `after`; walks the index `events_organiser`."""
    place = "AND (e.starts_at, e.id) > ($3, $4)" if after else ""
    rows = await connection.fetch(
        EVENT + f"WHERE e.organiser_id = $1 {place} GROUP BY e.id, o.name ORDER BY e.starts_at, e.id LIMIT $2",
        organiser,
        limit,
        *(after or ()),
    )
    return [_owned(row) for row in rows]


async def change_event(connection: Connection, owned: Owned, event: NewEvent) -> None:
    """All but its ticket types. Raises `SlugTaken`, and the transaction is then over."""
    try:
        await connection.execute(
            """
            UPDATE events SET (slug, name, description, venue_name, venue_address, starts_at, ends_at, timezone)
                            = ($2, $3, $4, $5, $6, $7, $8, $9), version = version + 1 WHERE id = $1
            """,
            owned.event.id,
            *event_values(event),
        )
    except asyncpg.UniqueViolationError:
        raise SlugTaken(event.slug) from None


async def set_published(connection: Connection, owned: Owned, published: bool) -> None:
    await connection.execute(
        "UPDATE events SET published_at = CASE WHEN $2 THEN now() END, version = version + 1 WHERE id = $1",
        owned.event.id,
        published,
    )


async def add_owned_types(connection: Connection, owned: Owned, kinds: Sequence[NewTicketType]) -> None:
    """After those there are. Give an `owned` that is locked, so that no other takes the same place."""
    last = await connection.fetchval("SELECT max(position) FROM ticket_types WHERE event_id = $1", owned.event.id)
    await add_ticket_types(connection, owned.event.id, kinds, 0 if last is None else last + 1)
    await _count_edit(connection, owned)


async def lock_owned_type(connection: Connection, owned: Owned, ref: str) -> TicketType | None:
    """One of the event's ticket types, by id or slug, as it stands under lock: orders for it wait meanwhile."""
    if not REFERENCE.fullmatch(ref):
        return None
    row = await connection.fetchrow(
        "SELECT * FROM ticket_types WHERE event_id = $1 AND (id::text = $2 OR slug = $2) FOR NO KEY UPDATE",
        owned.event.id,
        ref,
    )
    return ticket_type(row) if row else None


async def change_owned_type(connection: Connection, owned: Owned, kind: TicketType, to: NewTicketType) -> None:
    """What is for sale follows the capacity; the caller holds the row's lock and has seen that enough is left."""
    await connection.execute(
        """
        UPDATE ticket_types SET (slug, name, description, price_amount, currency,
                                 capacity, max_per_order, on_sale_from, on_sale_until)
                              = ($3, $4, $5, $6, $7, $8, $9, $10, $11), available = available + $8 - capacity
         WHERE event_id = $1 AND id = $2
        """,
        owned.event.id,
        kind.id,
        *ticket_type_values(to),
    )
    await _count_edit(connection, owned)


async def _count_edit(connection: Connection, owned: Owned) -> None:
    await connection.execute("UPDATE events SET version = version + 1 WHERE id = $1", owned.event.id)


def _owned(row: Any) -> Owned:
    return Owned(row["organiser_id"], event_in(row), row["version"], row["published_at"])
