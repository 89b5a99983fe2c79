"""The tickets service's SQL, all of it."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec

from shared.api_keys import Caller
from shared.database import Connection
from shared.messages import EventDetails, StoredDocument


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """`document` is None until its PDF is there, `drawn` where it was made before we kept that."""

    cancelled: bool
    document: StoredDocument | None
    drawn: EventDetails | None


async def known_order(connection: Connection, number: str) -> KnownOrder:
    row = await connection.fetchrow(
        """
        SELECT EXISTS (SELECT FROM cancelled_orders WHERE number = $1) AS cancelled, d.store_key, d.size, d.sha256,
               e.details
          FROM (VALUES (1)) AS one (row) LEFT JOIN documents d ON d.number = $1
          LEFT JOIN drawn_events e ON e.digest = d.drawn_event
        """,
        number,
    )
    assert row  # noqa: S101 - there is always one
    document = StoredDocument(row["store_key"], row["size"], row["sha256"]) if row["store_key"] else None
    drawn = row["details"] and msgspec.json.decode(row["details"], type=EventDetails)
    return KnownOrder(row["cancelled"], document, drawn)


async def add_document(connection: Connection, number: str, event: EventDetails, document: StoredDocument) -> bool:
    """Record an order's PDF and what it was drawn of; False when it has one already, or is cancelled. Clears an
    earlier failure.

    A cancellation committed at the same moment is as good as one that came right after.
    """
    details = msgspec.json.encode(event)
    added = await connection.fetchval(
        """
        WITH drawn AS (
            INSERT INTO drawn_events (digest, details) VALUES ($6, $7::json) ON CONFLICT DO NOTHING
        )
        INSERT INTO documents (number, event_id, store_key, size, sha256, drawn_event) SELECT $1, $2, $3, $4, $5, $6
         WHERE NOT EXISTS (SELECT FROM cancelled_orders WHERE number = $1)
            ON CONFLICT (number) DO NOTHING RETURNING true
        """,
        number,
        UUID(event.id),
        document.key,
        document.size,
        document.sha256,
        sha256(details).digest()[:16],
        details.decode(),
    )
    await connection.execute("DELETE FROM failures WHERE number = $1", number)
    return bool(added)


async def replace_document(connection: Connection, number: str, document: StoredDocument) -> None:
    """The order's PDF is another one from now on."""
    await connection.execute(
        "UPDATE documents SET store_key = $2, size = $3, sha256 = $4 WHERE number = $1",
        number,
        document.key,
        document.size,
        document.sha256,
    )


async def add_failure(connection: Connection, number: str, reason: str) -> bool:
    """Record that an order's PDF could not be made; False when that is known already."""
    added = await connection.fetchval(
        "INSERT INTO failures (number, reason) VALUES ($1, $2) ON CONFLICT (number) DO NOTHING RETURNING true",
        number,
        reason,
    )
    return bool(added)


async def add_cancelled(
    connection: Connection, number: str, event: UUID, tickets: list[UUID], reason: str, at: datetime
) -> None:
    """The order is cancelled and these tickets are void, for good."""
    await connection.execute(
        """
        WITH void AS (
            INSERT INTO void_tickets (id, number, voided_at) SELECT id, $1, $5 FROM unnest($3::uuid[]) AS id
                ON CONFLICT (id) DO NOTHING
        )
        INSERT INTO cancelled_orders (number, event_id, reason, cancelled_at) VALUES ($1, $2, $4, $5)
            ON CONFLICT (number) DO NOTHING
        """,
        number,
        event,
        tickets,
        reason,
        at,
    )


async def is_void(connection: Connection, ticket: UUID) -> bool:
    """Whether a gate must refuse this ticket."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM void_tickets WHERE id = $1)", ticket))


async def save_key(
    connection: Connection, identity: UUID, digest: bytes, organiser: UUID, name: str, rights: list[str], revoked: bool
) -> None:
    """Our copy of an API key. A revoked one stays revoked, whatever order the news comes in."""
    await connection.execute(
        """
        INSERT INTO api_keys AS k (id, hash, organiser_id, organiser_name, rights, revoked)
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (id) DO UPDATE SET revoked = k.revoked OR excluded.revoked
        """,
        identity,
        digest,
        organiser,
        name,
        rights,
        revoked,
    )


async def caller(connection: Connection, digest: bytes) -> Caller | None:
    """Whose key this is, unless revoked; by the unique index on `hash`."""
    row = await connection.fetchrow("SELECT * FROM api_keys WHERE hash = $1 AND NOT revoked", digest)
    return Caller(row["organiser_id"], row["organiser_name"], row["id"], frozenset(row["rights"])) if row else None


async def save_event(
    connection: Connection, identity: UUID, organiser: UUID, version: int, published: bool, details: bytes
) -> None:
    """Our copy of an event, with all that was told of it. Older news never overwrites newer."""
    await connection.execute(
        """
        INSERT INTO events AS e (id, organiser_id, version, published, details) VALUES ($1, $2, $3, $4, $5::json)
            ON CONFLICT (id) DO UPDATE
           SET (organiser_id, version, published, details)
             = (excluded.organiser_id, excluded.version, excluded.published, excluded.details)
         WHERE e.version < excluded.version
        """,
        identity,
        organiser,
        version,
        published,
        details.decode(),
    )
