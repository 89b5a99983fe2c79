"""Organisers' API keys."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.api_keys import Caller
from shared.database import Connection

_KEY = "SELECT k.*, o.name AS organiser FROM api_keys k JOIN organisers o ON o.id = k.organiser_id "


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as kept; `prefix` is how it begins. `last_used_at` is right to the minute."""

    id: UUID
    organiser_id: UUID
    organiser: str
    hash: bytes
    prefix: str
    rights: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


async def add_key(
    connection: Connection, identity: UUID, organiser: UUID, digest: bytes, prefix: str, rights: Collection[str]
) -> None:
    await connection.execute(
        "INSERT INTO api_keys (id, organiser_id, hash, prefix, rights) VALUES ($1, $2, $3, $4, $5)",
        identity,
        organiser,
        digest,
        prefix,
        list(rights),
    )


async def caller(connection: Connection, digest: bytes) -> Caller | None:
    """Whose key this is, unless revoked; by the unique index on `hash`. Notes its use at most once a minute."""
    row = await connection.fetchrow(
        """
        WITH used AS (
            UPDATE api_keys SET last_used_at = now()
             WHERE hash = $1 AND revoked_at IS NULL
               AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
        )
        SELECT k.id, k.rights, o.id AS organiser_id, o.name AS organiser
          FROM api_keys k JOIN organisers o ON o.id = k.organiser_id WHERE k.hash = $1 AND k.revoked_at IS NULL
        """,
        digest,
    )
    return Caller(row["organiser_id"], row["organiser"], row["id"], frozenset(row["rights"])) if row else None


async def keys(connection: Connection, organiser: str | None) -> list[ApiKey]:
    """Of one organiser by name, or all; oldest first."""
    rows = await connection.fetch(_KEY + "WHERE $1::text IS NULL OR o.name = $1 ORDER BY k.id", organiser)
    return [_key(row) for row in rows]


async def key_by_id(connection: Connection, identity: UUID) -> ApiKey | None:
    row = await connection.fetchrow(_KEY + "WHERE k.id = $1", identity)
    return _key(row) if row else None


async def lock_keys(connection: Connection, ref: str) -> list[ApiKey]:
    """By id, or by how they begin, which several may share; locked until the transaction ends."""
    rows = await connection.fetch(
        _KEY + "WHERE k.id::text = $1 OR k.prefix = $1 ORDER BY k.id FOR NO KEY UPDATE OF k", ref
    )
    return [_key(row) for row in rows]


async def revoke_key(connection: Connection, identity: UUID) -> None:
    await connection.execute("UPDATE api_keys SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL", identity)


def _key(row: Any) -> ApiKey:
    return ApiKey(
        id=row["id"],
        organiser_id=row["organiser_id"],
        organiser=row["organiser"],
        hash=row["hash"],
        prefix=row["prefix"],
        rights=tuple(row["rights"]),
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )
