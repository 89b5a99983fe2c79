"""The mailers that live, each a row with a beat. A mail in the hands of one of them is nobody else's."""

from collections.abc import Mapping
from uuid import UUID

from shared.database import Connection

# Bounds each statement here: a beat that is late is as good as none.
BEAT_TIMEOUT = 3.0


async def enter(connection: Connection, mailer: UUID) -> None:
    await connection.execute("INSERT INTO mailers (id) VALUES ($1)", mailer, timeout=BEAT_TIMEOUT)


async def beat(connection: Connection, mailer: UUID) -> bool:
    """Show that this mailer lives; False when another has taken it off."""
    status = await connection.execute("UPDATE mailers SET beat = beat + 1 WHERE id = $1", mailer, timeout=BEAT_TIMEOUT)
    return bool(status == "UPDATE 1")


async def beats(connection: Connection) -> Mapping[UUID, int]:
    rows = await connection.fetch("SELECT id, beat FROM mailers", timeout=BEAT_TIMEOUT)
    return {row["id"]: row["beat"] for row in rows}


async def take_off(connection: Connection, mailer: UUID, last_beat: int) -> bool:
    """Declare a mailer dead, unless it has beaten since; what it had in hand is then anyone's."""
    status = await connection.execute(
        "DELETE FROM mailers WHERE id = $1 AND beat = $2", mailer, last_beat, timeout=BEAT_TIMEOUT
    )
    return bool(status == "DELETE 1")


async def leave(connection: Connection, mailer: UUID) -> None:
    """Of a mailer's own will: it has nothing in hand any more."""
    await connection.execute("DELETE FROM mailers WHERE id = $1", mailer, timeout=BEAT_TIMEOUT)
