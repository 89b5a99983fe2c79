"""A consumer's effect happens once, however often its message is delivered."""

from shared.database import Connection


async def first_time(connection: Connection, queue: str, message_id: str) -> bool:
    """Whether this queue's consumer has not had this message's effect yet; if so, it has from now on.

    Call it inside the transaction of the effect: both are committed, or neither. While another
    transaction is at the same message, this waits for its end (bounded by `lock_timeout`).
    """
    inserted = await connection.fetchval(
        "INSERT INTO inbox (queue, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true", queue, message_id
    )
    return bool(inserted)
