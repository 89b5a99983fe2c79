"""A consumer's effect happens once, however often its message is delivered."""

from collections.abc import Iterable

from shared.database import Connection


async def first_time(connection: Connection, queue: str, message_id: str) -> bool:
    """Whether this queue's consumer has not had this message's effect yet; if so, it has from now on.

    Call it inside the transaction of the effect: both are committed, or neither. While another
    transaction is at the same message, this waits for its end (bounded by `lock_timeout`).
    """
    return (queue, message_id) in await first_times(connection, [(queue, message_id)])


async def first_times(connection: Connection, received: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """`first_time` for many (queue, message id) at once: those that are new. Written in one order, so that two
    transactions with the same ones wait for each other and do not deadlock."""
    rows = sorted(set(received))
    new = await connection.fetch(
        """
        INSERT INTO inbox (queue, message_id)
        SELECT queue, id FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS r (queue, id, place) ORDER BY place
            ON CONFLICT DO NOTHING RETURNING queue, message_id
        """,
        [queue for queue, _ in rows],
        [identity for _, identity in rows],
    )
    return {(row["queue"], row["message_id"]) for row in new}
