"""The tickets service's SQL, all of it."""

from uuid import UUID

from shared.api_keys import Caller
from shared.database import Connection
from shared.messages import StoredDocument


async def has_document(connection: Connection, number: str) -> bool:
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM documents WHERE number = $1)", number))


async def add_document(connection: Connection, number: str, event: UUID, document: StoredDocument) -> bool:
    """Record an order's PDF; False when it has one already. Clears an earlier failure."""
    added = await connection.fetchval(
        """
        INSERT INTO documents (number, event_id, store_key, size, sha256) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (number) DO NOTHING RETURNING true
        """,
        number,
        event,
        document.key,
        document.size,
        document.sha256,
    )
    await connection.execute("DELETE FROM failures WHERE number = $1", number)
    return bool(added)


async def add_failure(connection: Connection, number: str, reason: str) -> bool:
    """Record that an order's PDF could not be made; False when that is known already."""
    added = await connection.fetchval(
        "INSERT INTO failures (number, reason) VALUES ($1, $2) ON CONFLICT (number) DO NOTHING RETURNING true",
        number,
        reason,
    )
    return bool(added)


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
