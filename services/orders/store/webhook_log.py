"""What became of a webhook's deliveries, for its organiser. All of it takes a `Webhook`: whoever has none can't ask."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.orders.store.webhooks import Webhook
from shared.database import Connection

_LOGGED = """
    SELECT d.message_id, m.type, d.status, d.attempts, d.log, d.created_at,
           CASE WHEN d.status = 'pending' THEN d.due_at END AS next_attempt_at
      FROM webhook_deliveries d JOIN webhook_messages m ON m.id = d.message_id
"""


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """`log` has an entry an attempt, oldest first; `next_attempt_at` None when there will be none."""

    id: UUID
    type: str
    status: str
    attempts: int
    log: list[dict[str, Any]]
    created_at: datetime
    next_attempt_at: datetime | None


async def deliveries(
    connection: Connection, webhook: Webhook, status: str | None, before: UUID | None, limit: int
) -> list[LoggedDelivery]:
    """The newest first, past the one named in `before`; walks the primary key backwards."""
    place = "AND d.message_id < $4" if before else ""
    rows = await connection.fetch(
        _LOGGED
        + f"""
        WHERE d.webhook_id = $1 AND ($2::text IS NULL OR d.status = $2) {place}
        ORDER BY d.message_id DESC LIMIT $3
        """,
        webhook.id,
        status,
        limit,
        *((before,) if before else ()),
    )
    return [_logged(row) for row in rows]


async def delivery(connection: Connection, webhook: Webhook, message: UUID) -> LoggedDelivery | None:
    row = await connection.fetchrow(_LOGGED + "WHERE d.webhook_id = $1 AND d.message_id = $2", webhook.id, message)
    return _logged(row) if row else None


async def replay(connection: Connection, webhook: Webhook, message: UUID) -> None:
    """Owe it again from now on, with a fresh count of attempts; one that is under way is left to it.

    The last 20 entries of its log are kept.
    """
    await connection.execute(
        """
        UPDATE webhook_deliveries SET status = 'pending', attempts = 0, due_at = now(), lease = NULL,
               log = jsonb_path_query_array(log, '$[last - 19 to last]')
         WHERE webhook_id = $1 AND message_id = $2 AND (lease IS NULL OR due_at <= now())
        """,
        webhook.id,
        message,
    )


async def add_test(connection: Connection, webhook: Webhook, message: UUID, kind: str, body: bytes) -> None:
    await connection.execute(
        """
        WITH kept AS (INSERT INTO webhook_messages (id, type, body) VALUES ($2, $3, $4))
        INSERT INTO webhook_deliveries (webhook_id, message_id) VALUES ($1, $2)
        """,
        webhook.id,
        message,
        kind,
        body,
    )


def _logged(row: Any) -> LoggedDelivery:
    return LoggedDelivery(
        id=row["message_id"],
        type=row["type"],
        status=row["status"],
        attempts=row["attempts"],
        log=json.loads(row["log"]),
        created_at=row["created_at"],
        next_attempt_at=row["next_attempt_at"],
    )
