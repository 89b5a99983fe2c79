"""What each Idempotency-Key was answered first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from shared.database import Connection

KEY_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What an Idempotency-Key was answered with; `order_id` is None when no order came of it."""

    key: bytes
    fingerprint: bytes
    order_id: UUID | None
    status: int
    answer: bytes


async def first_answers(connection: Connection, keys: Collection[bytes]) -> dict[bytes, FirstAnswer]:
    """What these keys were answered within their lifetime."""
    rows = await connection.fetch(
        "SELECT key, fingerprint, order_id, status, answer FROM idempotency_keys "
        "WHERE key = ANY($1::bytea[]) AND created_at > now() - $2::interval",
        list(keys),
        KEY_LIFETIME,
    )
    return {row["key"]: FirstAnswer(**row) for row in rows}


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
