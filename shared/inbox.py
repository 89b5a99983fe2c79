"""Makes a message's effect once, however often it is delivered."""

from shared.database import Connection


async def first_time(connection: Connection, queue: str, message_id: str) -> bool:
    """Whether this queue sees the message for the first time; to be asked in the effect's own transaction.

    A second delivery waits for the first one's transaction, and sees the effect or makes it.
    """
    status = await connection.execute(
        "INSERT INTO inbox (queue, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", queue, message_id
    )
    return bool(status.endswith(" 1"))
