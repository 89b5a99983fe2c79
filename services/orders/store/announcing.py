"""What is announced and answered by nobody: when to announce it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.orders.reconciling.rules import ANNOUNCED_AFTER
from shared.database import Connection


@dataclass(frozen=True, slots=True)
class Announcement:
    """`subject` is the message's: an id, or an order's number. `times` is how often it was repeated."""

    key: str
    subject: str
    times: int


async def announce_again(connection: Connection, key: str, subject: str, after: timedelta = ANNOUNCED_AFTER[0]) -> None:
    """From now on, whatever was announced of this subject before."""
    await connection.execute(
        """
        INSERT INTO announcements (key, subject, look_at) VALUES ($1, $2, now() + $3::interval)
            ON CONFLICT (key, subject) DO UPDATE SET times = 0, look_at = excluded.look_at
        """,
        key,
        subject,
        after,
    )


async def due_announcements(connection: Connection, limit: int) -> list[Announcement]:
    """The longest due first, locked."""
    rows = await connection.fetch(
        "SELECT key, subject, times FROM announcements WHERE look_at <= now() "
        "ORDER BY look_at LIMIT $1 FOR UPDATE SKIP LOCKED",
        limit,
    )
    return [Announcement(row["key"], row["subject"], row["times"]) for row in rows]


async def announced(connection: Connection, again: Sequence[tuple[Announcement, timedelta | None]]) -> None:
    """They were announced once more; each comes again after its wait, or never when that is None."""
    names = [(one.key, one.subject) for one, wait in again if wait is None]
    await connection.executemany("DELETE FROM announcements WHERE (key, subject) = ($1, $2)", names)
    await connection.executemany(
        "UPDATE announcements SET times = times + 1, look_at = now() + $3::interval WHERE (key, subject) = ($1, $2)",
        [(one.key, one.subject, wait) for one, wait in again if wait is not None],
    )
