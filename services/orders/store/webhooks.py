"""Organisers' webhooks: every query names the organiser, and only these make a `Webhook`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from shared.database import Connection

Because = Literal["asked", "gone", "failing"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook known to be its organiser's; without its secret. `disabled_because` None: it is enabled."""

    id: UUID
    organiser: UUID
    url: str
    description: str
    messages: tuple[str, ...]
    created_at: datetime
    disabled_because: Because | None
    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """What an organiser asks for; also what a change leaves of it."""

    url: str
    messages: Sequence[str]
    description: str = ""
    enabled: bool = True


_MINE = "SELECT * FROM webhooks WHERE organiser_id = $1 "


async def count(connection: Connection, organiser: UUID) -> int:
    """How many there are. Locks the organiser until the transaction ends, so that no other adds one meanwhile."""
    await connection.execute("SELECT FROM organisers WHERE id = $1 FOR NO KEY UPDATE", organiser)
    return int(await connection.fetchval("SELECT count(*) FROM webhooks WHERE organiser_id = $1", organiser))


async def add(connection: Connection, identity: UUID, organiser: UUID, wanted: NewWebhook, sealed: bytes) -> Webhook:
    row = await connection.fetchrow(
        """
        INSERT INTO webhooks (id, organiser_id, url, description, messages, secret, disabled_because)
        VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN NOT $7 THEN 'asked' END) RETURNING *
        """,
        identity,
        organiser,
        wanted.url,
        wanted.description,
        list(wanted.messages),
        sealed,
        wanted.enabled,
    )
    return _webhook(row)


async def mine(connection: Connection, organiser: UUID, identity: UUID, *, lock: bool = False) -> Webhook | None:
    """None also for what is another's. With `lock` its row is locked until the transaction ends."""
    row = await connection.fetchrow(
        _MINE + "AND id = $2" + (" FOR NO KEY UPDATE" if lock else ""),
        organiser,
        identity,
    )
    return _webhook(row) if row else None


async def all_mine(connection: Connection, organiser: UUID, after: UUID | None, limit: int) -> list[Webhook]:
    """The oldest first, past the one named in `after`; by the index `webhooks_organiser`."""
    place = "AND id > $3 " if after else ""
    rows = await connection.fetch(
        _MINE + place + "ORDER BY id LIMIT $2", organiser, limit, *((after,) if after else ())
    )
    return [_webhook(row) for row in rows]


async def change(connection: Connection, webhook: Webhook, to: NewWebhook) -> Webhook:
    """One that is enabled, or pointed elsewhere, begins anew: what failed before counts no more."""
    row = await connection.fetchrow(
        """
        UPDATE webhooks SET url = $3, description = $4, messages = $5,
               disabled_because = CASE WHEN NOT $6 THEN coalesce(disabled_because, 'asked') END,
               failures = CASE WHEN $7 THEN 0 ELSE failures END,
               failing_since = CASE WHEN $7 THEN NULL ELSE failing_since END,
               paused_until = CASE WHEN $7 THEN NULL ELSE paused_until END
         WHERE id = $1 AND organiser_id = $2 RETURNING *
        """,
        webhook.id,
        webhook.organiser,
        to.url,
        to.description,
        list(to.messages),
        to.enabled,
        to.url != webhook.url or (to.enabled and webhook.disabled_because is not None),
    )
    return _webhook(row)


async def replace_secret(connection: Connection, webhook: Webhook, sealed: bytes, both_for: timedelta) -> None:
    """The one there is signs as well, for `both_for`; one that was older is forgotten."""
    await connection.execute(
        """
        UPDATE webhooks SET secret = $3, old_secret = secret, old_secret_until = now() + $4::interval
         WHERE id = $1 AND organiser_id = $2
        """,
        webhook.id,
        webhook.organiser,
        sealed,
        both_for,
    )


async def remove(connection: Connection, webhook: Webhook) -> None:
    """Nothing goes to it from now on; its deliveries are swept away with age."""
    await connection.execute("DELETE FROM webhooks WHERE id = $1 AND organiser_id = $2", webhook.id, webhook.organiser)


def _webhook(row: Any) -> Webhook:
    return Webhook(
        id=row["id"],
        organiser=row["organiser_id"],
        url=row["url"],
        description=row["description"],
        messages=tuple(row["messages"]),
        created_at=row["created_at"],
        disabled_because=row["disabled_because"],
        failing_since=row["failing_since"],
    )
