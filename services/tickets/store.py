"""The tickets service's SQL, all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
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


async def known_orders(connection: Connection, numbers: Sequence[str]) -> list[KnownOrder]:
    """In the order asked for."""
    rows = await connection.fetch(
        """
        SELECT EXISTS (SELECT FROM cancelled_orders c WHERE c.number = asked.number) AS cancelled,
               d.store_key, d.size, d.sha256, e.details
          FROM unnest($1::text[]) WITH ORDINALITY AS asked (number, place)
          LEFT JOIN documents d ON d.number = asked.number
          LEFT JOIN drawn_events e ON e.digest = d.drawn_event ORDER BY place
        """,
        list(numbers),
    )
    return [_known(row) for row in rows]


def _known(row: Any) -> KnownOrder:
    document = StoredDocument(row["store_key"], row["size"], row["sha256"]) if row["store_key"] else None
    drawn = row["details"] and msgspec.json.decode(row["details"], type=EventDetails)
    return KnownOrder(row["cancelled"], document, drawn)


async def add_documents(connection: Connection, issued: Sequence[tuple[str, EventDetails, StoredDocument]]) -> set[str]:
    """Record orders' PDFs and what they were drawn of; returns the numbers of those that are new.

    Not those that are cancelled, or have one already. Clears earlier failures. A cancellation committed at the same
    moment is as good as one that came right after. Written in the order of their numbers, so that two transactions
    with the same ones wait for each other and do not deadlock.
    """
    details = {event: msgspec.json.encode(event) for event in {event for _, event, _ in issued}}
    digests = {event: sha256(encoded).digest()[:16] for event, encoded in details.items()}
    rows = sorted(issued, key=lambda row: row[0])
    drawn = sorted((digests[event], details[event].decode()) for event in details)
    added = await connection.fetch(
        """
        WITH drawn AS (
            INSERT INTO drawn_events (digest, details) SELECT * FROM unnest($7::bytea[], $8::json[])
                ON CONFLICT DO NOTHING
        ), cleared AS (
            DELETE FROM failures WHERE number = ANY($1::text[])
        )
        INSERT INTO documents (number, event_id, store_key, size, sha256, drawn_event)
        SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::bytea[]) AS d (number)
         WHERE NOT EXISTS (SELECT FROM cancelled_orders c WHERE c.number = d.number)
            ON CONFLICT (number) DO NOTHING RETURNING number
        """,
        [number for number, _, _ in rows],
        [UUID(event.id) for _, event, _ in rows],
        [document.key for _, _, document in rows],
        [document.size for _, _, document in rows],
        [document.sha256 for _, _, document in rows],
        [digests[event] for _, event, _ in rows],
        [digest for digest, _ in drawn],
        [encoded for _, encoded in drawn],
    )
    return {row["number"] for row in added}


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
