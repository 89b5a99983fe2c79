"""The bus's SQL, each statement its own transaction. Everything here raises `BusUnavailable`.

Takes skip locked rows, and only the holder of a row's token touches it after that, so no two
processes ever wait for each other's row locks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.bus.consuming import Bury, Finish, GiveBack, Retry, Settlement
from shared.bus.postgres.sessions import Sessions
from shared.bus.protocol import DeadLetter, Message, QueueStatus, Receipt
from shared.lookback import Reach

CHANNEL = "boxoffice_bus"
# Names our advisory lock among the database's; any fixed number does.
SWEEP_LOCK = 0x62757332
# NOTIFY takes at most 7,999 bytes; names that don't fit wake everyone.
WAKE_ALL = "*"
_NOTIFY = f"""
    pg_notify('{CHANNEL}', CASE WHEN octet_length(string_agg(DISTINCT queue, ',')) < 7900
                           THEN string_agg(DISTINCT queue, ',') ELSE '{WAKE_ALL}' END)"""


# Of `incoming` messages those that a queue is bound to, and a delivery for each such queue.
ENQUEUED = """stored AS (
                INSERT INTO bus.messages (message_id, key, subject, body)
                SELECT m.message_id, m.key, m.subject, m.body FROM incoming m
                 WHERE EXISTS (SELECT FROM bus.bindings b WHERE b.key = m.key) ORDER BY m.place
                RETURNING id, key, message_id
            ), owed AS (
                INSERT INTO bus.deliveries (queue, message)
                SELECT b.queue, s.id FROM stored s JOIN bus.bindings b USING (key) ORDER BY s.id
                RETURNING queue
            )"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A leased row: ours as long as the receipt's token is still in it.

    `attempt` includes this one; `fresh` is a row that was never leased nor put back.
    """

    receipt: Receipt
    attempt: int
    fresh: bool
    message: Message

    @property
    def id(self) -> int:
        return self.receipt.id

    @property
    def token(self) -> UUID:
        return self.receipt.token


async def declare(sessions: Sessions, queue: str, keys: Sequence[str]) -> None:
    async with sessions.use() as connection:
        await connection.execute(
            """
            WITH made AS (INSERT INTO bus.queues VALUES ($1) ON CONFLICT DO NOTHING)
            INSERT INTO bus.bindings (queue, key) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING
            """,
            queue,
            list(keys),
        )


async def writable(sessions: Sessions) -> bool:
    """Not a standby, and not set to read-only."""
    async with sessions.use() as connection:
        return bool(await connection.fetchval("SELECT NOT current_setting('transaction_read_only')::boolean"))


async def enqueue(sessions: Sessions, messages: Sequence[Message]) -> set[str]:
    """Store each message once a bound queue, and wake those queues. Returns the keys that had one."""
    async with sessions.use() as connection:
        keys = await connection.fetchval(
            f"""
            WITH incoming AS (
                SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])
                    WITH ORDINALITY AS m (message_id, key, subject, body, place)
            ), {ENQUEUED}, woken AS (
                SELECT {_NOTIFY} FROM owed HAVING count(*) > 0
            )
            SELECT array_agg(DISTINCT key) AS keys FROM stored, woken
            """,  # noqa: S608 - only our own constants
            [message.id for message in messages],
            [message.key for message in messages],
            [message.subject for message in messages],
            [message.body for message in messages],
        )
    return set(keys or ())


async def take(sessions: Sessions, queue: str, limit: int, lease: timedelta, reach: Reach) -> list[Taken]:
    """Lease up to `limit` messages: first those whose wait or lease is over, then the oldest ready ones."""
    token = uuid4()
    async with sessions.use() as connection:
        rows = await connection.fetch(
            """
            WITH due AS (
                SELECT id FROM bus.deliveries
                WHERE queue = $1 AND available_at <= now() AND available_at > now() - $6::interval
                ORDER BY available_at LIMIT $2 FOR UPDATE SKIP LOCKED
            ), ready AS (
                SELECT id FROM bus.deliveries WHERE queue = $1 AND available_at IS NULL AND id >= $5
                ORDER BY id LIMIT $2 - (SELECT count(*) FROM due) FOR UPDATE SKIP LOCKED
            ), chosen AS (SELECT id, false AS fresh FROM due UNION ALL SELECT id, true FROM ready),
            leased AS (
                UPDATE bus.deliveries d SET token = $3, available_at = now() + $4, attempts = attempts + 1
                FROM chosen WHERE d.id = chosen.id
                RETURNING d.id, fresh, attempts, message
            )
            SELECT l.id, fresh, attempts, message_id, key, subject, body
            FROM leased l JOIN bus.messages m ON m.id = l.message
            """,
            queue,
            limit,
            token,
            lease,
            reach.first_id,
            reach.due_within,
        )
    return [_taken(row, token) for row in sorted(rows, key=lambda row: row["id"])]


async def renew(sessions: Sessions, held: Sequence[Taken], lease: timedelta) -> set[int]:
    """Prolong these leases; returns the ids that were still ours.

    Skips what a handler's transaction is removing at this moment: waiting for several such rows could deadlock.
    """
    async with sessions.use() as connection:
        rows = await connection.fetch(
            """
            WITH ours AS (
                SELECT d.id FROM unnest($1::bigint[], $2::uuid[]) AS held (id, token)
                  JOIN bus.deliveries d ON d.id = held.id AND d.token = held.token
            ), free AS (
                SELECT d.id FROM bus.deliveries d JOIN ours USING (id) FOR UPDATE OF d SKIP LOCKED
            ), renewed AS (
                UPDATE bus.deliveries d SET available_at = now() + $3 FROM free WHERE d.id = free.id
            )
            SELECT id FROM ours
            """,
            [taken.id for taken in held],
            [taken.token for taken in held],
            lease,
        )
    return {row["id"] for row in rows}


async def settle(sessions: Sessions, settled: Sequence[tuple[Taken, Settlement]]) -> None:
    """Carry out what was decided, as far as the leases still hold; safe to repeat."""
    async with sessions.use() as connection:
        await _finish(connection, [taken for taken, what in settled if isinstance(what, Finish)])
        await _put_back(connection, [(t, *_next_turn(t, w)) for t, w in settled if isinstance(w, Retry | GiveBack)])
        await _bury(connection, [(taken, what) for taken, what in settled if isinstance(what, Bury)])


async def sweep(sessions: Sessions) -> int:
    """Remove the messages that no delivery is left of; returns how many. One process at a time; others do nothing.

    Reads both tables whole. A message and its deliveries are committed together, so what has none will have none.
    """
    async with sessions.use() as connection, connection.transaction():
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", SWEEP_LOCK):
            return 0
        status = await connection.execute(
            "DELETE FROM bus.messages m WHERE NOT EXISTS (SELECT FROM bus.deliveries d WHERE d.message = m.id)"
        )
    return int(str(status).rpartition(" ")[2])


async def dead_letters(sessions: Sessions, queue: str, limit: int) -> list[DeadLetter]:
    async with sessions.use() as connection:
        rows = await connection.fetch(
            "SELECT * FROM bus.dead_letters WHERE queue = $1 ORDER BY id LIMIT $2", queue, limit
        )
    return [DeadLetter(_message(row), queue, row["reason"], row["attempts"], row["died_at"]) for row in rows]


async def replay(sessions: Sessions, queue: str, message_id: str) -> bool:
    async with sessions.use() as connection:
        found = await connection.fetchval(
            f"""
            WITH risen AS ({_DELETE_ONE} RETURNING message_id, key, subject, body), kept AS (
                INSERT INTO bus.messages (message_id, key, subject, body) SELECT * FROM risen RETURNING id
            ), stored AS (
                INSERT INTO bus.deliveries (queue, message) SELECT $1, id FROM kept RETURNING queue
            ), woken AS (SELECT {_NOTIFY} FROM stored HAVING count(*) > 0)
            SELECT count(*) FROM woken
            """,  # noqa: S608 - only our own constants
            queue,
            message_id,
        )
    return bool(found)


async def discard(sessions: Sessions, queue: str, message_id: str) -> bool:
    async with sessions.use() as connection:
        return str(await connection.execute(_DELETE_ONE, queue, message_id)) == "DELETE 1"


async def status(sessions: Sessions, queues: Sequence[str]) -> list[QueueStatus]:
    async with sessions.use() as connection:
        rows = await connection.fetch(
            """
            SELECT asked.queue, dead.n AS dead, ready, in_flight, waiting, oldest
            FROM unnest($1::text[]) WITH ORDINALITY AS asked (queue, place)
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE available_at IS NULL OR available_at <= now()) AS ready,
                       count(*) FILTER (WHERE available_at > now() AND token IS NOT NULL) AS in_flight,
                       count(*) FILTER (WHERE available_at > now() AND token IS NULL) AS waiting,
                       now() - min(enqueued_at) FILTER (WHERE available_at IS NULL OR available_at <= now()) AS oldest
                FROM bus.deliveries d WHERE d.queue = asked.queue
            ) AS live
            CROSS JOIN LATERAL (SELECT count(*) AS n FROM bus.dead_letters l WHERE l.queue = asked.queue) AS dead
            ORDER BY place
            """,
            list(queues),
        )
    return [QueueStatus(**dict(row)) for row in rows]


_DELETE_ONE = """
    DELETE FROM bus.dead_letters WHERE id =
        (SELECT min(id) FROM bus.dead_letters WHERE queue = $1 AND message_id = $2)"""


async def _finish(connection: Any, done: Sequence[Taken]) -> None:
    if done:
        await connection.execute(
            "DELETE FROM bus.deliveries d USING unnest($1::bigint[], $2::uuid[]) AS done (id, token) "
            "WHERE d.id = done.id AND d.token = done.token",
            [taken.id for taken in done],
            [taken.token for taken in done],
        )


def _next_turn(taken: Taken, what: Retry | GiveBack) -> tuple[int, timedelta]:
    return (what.attempts, what.after) if isinstance(what, Retry) else (taken.attempt - 1, timedelta(0))


async def _put_back(connection: Any, turns: Sequence[tuple[Taken, int, timedelta]]) -> None:
    if turns:
        await connection.execute(
            """
            UPDATE bus.deliveries d SET token = NULL, attempts = turn.attempts, available_at = now() + turn.wait
            FROM unnest($1::bigint[], $2::uuid[], $3::int[], $4::interval[]) AS turn (id, token, attempts, wait)
            WHERE d.id = turn.id AND d.token = turn.token
            """,
            [taken.id for taken, _, _ in turns],
            [taken.token for taken, _, _ in turns],
            [attempts for _, attempts, _ in turns],
            [wait for _, _, wait in turns],
        )


async def _bury(connection: Any, dead: Sequence[tuple[Taken, Bury]]) -> None:
    if dead:
        await connection.execute(
            """
            WITH gone AS (
                DELETE FROM bus.deliveries d
                USING unnest($1::bigint[], $2::uuid[], $3::text[], $4::int[]) AS dead (id, token, reason, attempts)
                WHERE d.id = dead.id AND d.token = dead.token
                RETURNING d.queue, d.message, dead.reason, dead.attempts
            )
            INSERT INTO bus.dead_letters (queue, message_id, key, subject, body, reason, attempts)
            SELECT g.queue, m.message_id, m.key, m.subject, m.body, g.reason, g.attempts
            FROM gone g JOIN bus.messages m ON m.id = g.message
            """,
            [taken.id for taken, _ in dead],
            [taken.token for taken, _ in dead],
            [bury.reason.replace("\0", "") for _, bury in dead],
            [bury.attempts for _, bury in dead],
        )


def _taken(row: Any, token: UUID) -> Taken:
    return Taken(Receipt(row["id"], token), row["attempts"], row["fresh"], _message(row))


def _message(row: Any) -> Message:
    return Message(row["message_id"], row["key"], row["subject"], row["body"])
