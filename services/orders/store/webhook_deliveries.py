"""Deliveries owed to webhooks: held by a lease on the database's clock while they are sent, not by a connection."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from shared.database import Connection

# An attempt takes 15 seconds at most: well over that, so that a slow note of it is not taken for a dead worker.
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Owed:
    """A leased delivery with all that sending it takes. `attempt` counts from 1, this one included.

    `sealed` are the secrets to sign with, newest first; `failing` when the endpoint's last answer was a failure.
    """

    webhook: UUID
    message: UUID
    lease: UUID
    attempt: int
    url: str
    failing: bool
    body: bytes = field(repr=False)
    sealed: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Note:
    """What is kept of an attempt; `again` None settles the delivery as `status`."""

    status: str
    again: timedelta | None
    entry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """An endpoint's failures since its last success, and how long ago the first of them was."""

    failures: int
    lasting: timedelta


async def listening(connection: Connection) -> dict[UUID, frozenset[str]]:
    """The types of message that an organiser's enabled webhooks listen to, by organiser. Reads all webhooks."""
    rows = await connection.fetch(
        "SELECT organiser_id, array_agg(DISTINCT kind) AS kinds FROM webhooks, unnest(messages) AS kind "
        "WHERE disabled_because IS NULL GROUP BY organiser_id"
    )
    return {row["organiser_id"]: frozenset(row["kinds"]) for row in rows}


async def owe(
    connection: Connection,
    message: UUID,
    kind: str,
    body: bytes,
    *,
    event: UUID | None,
    order: str | None,
    natural_key: str | None = None,
) -> int:
    """Owe this message to every enabled webhook of its organiser that listens; how many. Again: none.

    What was told before under another id keeps that one, so that an endpoint knows it for the same.

    The organiser is that of the event, or of the order's event. One statement, for each message there is: by
    primary and unique keys and `webhooks_organiser`, and nothing is written where nobody listens.
    """
    try:
        status = await connection.execute(_OWE, message, kind, body, event, order, natural_key or str(message))
    except asyncpg.UniqueViolationError:
        # Known under this id from before it had a natural key.
        return 0
    return int(status.split()[-1])


_OWE = """
    WITH listening AS (
        SELECT w.id FROM webhooks w JOIN events e ON e.organiser_id = w.organiser_id
         WHERE e.id = coalesce($4::uuid, (SELECT event_id FROM orders WHERE number = $5::text))
           AND w.disabled_because IS NULL AND w.messages && ARRAY[$2::text, '*']
    ), kept AS (
        INSERT INTO webhook_messages (id, type, body, natural_key)
        SELECT $1, $2, $3, $6 WHERE EXISTS (SELECT FROM listening)
            ON CONFLICT (natural_key) DO UPDATE SET natural_key = excluded.natural_key RETURNING id
    )
    INSERT INTO webhook_deliveries (webhook_id, message_id)
    SELECT listening.id, kept.id FROM listening CROSS JOIN kept ON CONFLICT DO NOTHING
"""


async def take(connection: Connection, limit: int, each: int, busy: Mapping[UUID, int], *, failing: bool) -> list[Owed]:
    """Lease up to `limit` due deliveries, counting an attempt, so that no webhook has more than `each` under way.

    `busy` is how many each has now. Of the `failing` ones, or of the others: those with the fewest under way
    first, then the longest due, so that no webhook waits behind another's backlog. Looks into
    `webhook_deliveries_due` once for each webhook; locks what it takes, skipping what is locked.
    """
    lease = uuid4()
    async with connection.transaction():
        # Postgres may otherwise keep a plan made while the table was empty.
        await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = off")
        rows = await connection.fetch(_TAKE, lease, LEASE, limit, each, list(busy), list(busy.values()), failing)
    return [_owed(row, lease) for row in rows]


_TAKE = """
    WITH chosen AS (
        SELECT d.webhook_id, d.message_id FROM webhooks w
          LEFT JOIN unnest($5::uuid[], $6::int[]) AS b (id, under_way) ON b.id = w.id
         CROSS JOIN LATERAL (
               SELECT webhook_id, message_id, due_at, row_number() OVER (ORDER BY due_at) AS place
                 FROM webhook_deliveries
                WHERE webhook_id = w.id AND status = 'pending' AND due_at <= now()
                ORDER BY due_at LIMIT greatest($4::int - coalesce(b.under_way, 0), 0)
         ) d
         WHERE w.disabled_because IS NULL AND (w.failing_since IS NOT NULL) = $7
           AND (w.paused_until IS NULL OR w.paused_until <= now())
         ORDER BY coalesce(b.under_way, 0) + d.place, d.due_at LIMIT $3
    ), locked AS (
        SELECT d.webhook_id, d.message_id FROM webhook_deliveries d JOIN chosen USING (webhook_id, message_id)
         WHERE d.status = 'pending' AND d.due_at <= now() FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE webhook_deliveries d SET lease = $1, due_at = clock_timestamp() + $2::interval, attempts = d.attempts + 1
      FROM locked l JOIN webhooks w ON w.id = l.webhook_id JOIN webhook_messages m ON m.id = l.message_id
     WHERE d.webhook_id = l.webhook_id AND d.message_id = l.message_id
    RETURNING d.webhook_id, d.message_id, d.attempts, m.body, w.url, w.failing_since IS NOT NULL AS failing, w.secret,
              CASE WHEN w.old_secret_until > now() THEN w.old_secret END AS old_secret
"""


async def note(connection: Connection, owed: Owed, note: Note) -> bool:
    """What came of the attempt; False when it is no longer ours to tell.

    One that was delivered is settled even when the lease has passed to another: true is true.
    """
    status = await connection.execute(
        """
        UPDATE webhook_deliveries
           SET status = $4::text, due_at = clock_timestamp() + coalesce($5::interval, interval '0'), lease = NULL,
               log = log || $6::text::jsonb
         WHERE webhook_id = $1 AND message_id = $2 AND status = 'pending' AND (lease = $3 OR $4::text = 'delivered')
        """,
        owed.webhook,
        owed.message,
        owed.lease,
        note.status,
        note.again,
        json.dumps([note.entry]),
    )
    return bool(status == "UPDATE 1")


async def give_back(connection: Connection, owed: Owed) -> None:
    """As if it had not been taken; nothing happens when it is no longer ours."""
    await connection.execute(
        """
        UPDATE webhook_deliveries SET lease = NULL, due_at = clock_timestamp(), attempts = attempts - 1
         WHERE webhook_id = $1 AND message_id = $2 AND lease = $3 AND status = 'pending'
        """,
        owed.webhook,
        owed.message,
        owed.lease,
    )


async def endpoint_works(connection: Connection, webhook: UUID) -> None:
    """Its run of failures is over."""
    await connection.execute(
        "UPDATE webhooks SET failures = 0, failing_since = NULL, paused_until = NULL "
        "WHERE id = $1 AND failing_since IS NOT NULL",
        webhook,
    )


async def endpoint_fails(connection: Connection, webhook: UUID, pause: timedelta | None) -> Run | None:
    """Count a failure, and let nothing go there for `pause`; None when the webhook is gone or disabled."""
    row = await connection.fetchrow(
        """
        UPDATE webhooks SET failures = failures + 1, failing_since = coalesce(failing_since, clock_timestamp()),
               paused_until = coalesce(clock_timestamp() + $2::interval, paused_until)
         WHERE id = $1 AND disabled_because IS NULL
        RETURNING failures, clock_timestamp() - failing_since AS lasting
        """,
        webhook,
        pause,
    )
    return Run(row["failures"], row["lasting"]) if row else None


async def disable(connection: Connection, webhook: UUID, because: str) -> bool:
    """Nothing goes there until its organiser enables it again; False when nothing did before."""
    status = await connection.execute(
        "UPDATE webhooks SET disabled_because = $2 WHERE id = $1 AND disabled_because IS NULL", webhook, because
    )
    return bool(status == "UPDATE 1")


async def forget(connection: Connection, kept: timedelta, limit: int) -> int:
    """Delete some deliveries, or then messages, past their time, whatever became of them. Returns how many.

    Locks only what nobody else wants. Messages outlive their deliveries, which can then always be replayed.
    """
    for statement in (_FORGET_DELIVERIES, _FORGET_MESSAGES):
        status = await connection.execute(statement, kept, limit)
        if gone := int(status.split()[-1]):
            return gone
    return 0


_FORGET_DELIVERIES = """
    DELETE FROM webhook_deliveries WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM webhook_deliveries WHERE created_at < now() - $1::interval
         ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))
"""
_FORGET_MESSAGES = """
    DELETE FROM webhook_messages WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM webhook_messages WHERE kept_at < now() - $1::interval - interval '1 day'
         ORDER BY kept_at LIMIT $2 FOR UPDATE SKIP LOCKED))
"""


def _owed(row: Any, lease: UUID) -> Owed:
    sealed = (row["secret"], row["old_secret"]) if row["old_secret"] else (row["secret"],)
    return Owed(
        webhook=row["webhook_id"],
        message=row["message_id"],
        lease=lease,
        attempt=row["attempts"],
        url=row["url"],
        failing=row["failing"],
        body=row["body"],
        sealed=sealed,
    )
