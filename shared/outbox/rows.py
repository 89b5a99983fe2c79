"""The outbox table: every statement on it, each its own transaction but for `add`'s."""

import random
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from shared.bus.checking import fault_of
from shared.bus.postgres.direct import publisher_of
from shared.bus.protocol import BusError, BusUnavailable, Message, Refused, Unsendable
from shared.database import Connection, Pool, connection
from shared.lookback import Reach

log = structlog.get_logger()

LEASE = timedelta(seconds=10)
REASON_CHARACTERS = 300
FIRST_PARKED, LONGEST_PARKED = timedelta(seconds=1), timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is not yet confirmed: how many rows, how many of them parked, and the age of the oldest."""

    count: int
    parked: int
    oldest: timedelta | None


class Owed(msgspec.Struct, frozen=True):
    """A leased row; `fresh` is one that was never leased before."""

    position: int
    failures: int
    fresh: bool
    message: Message


async def add(connection: Connection, messages: Sequence[Message]) -> None:
    """Owe these messages to the bus from the moment the caller's transaction commits.

    Where the bus lies in the same database they go straight into its queues, and into the outbox only what can't.
    Raises `Unsendable` for one that no bus can ever take: what would lead to it is then not done at all.
    """
    for message in messages:
        if fault := fault_of(message):
            raise fault
    if messages and (publisher := publisher_of(connection)):
        messages = await publisher.enqueue(connection, messages)
    if messages:
        await _keep(connection, messages)


async def _keep(connection: Connection, messages: Sequence[Message]) -> None:
    await connection.execute(
        """
        INSERT INTO outbox (message_id, key, subject, body)
        SELECT id, key, subject, body FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])
            WITH ORDINALITY AS m (id, key, subject, body, place) ORDER BY place
        """,
        [message.id for message in messages],
        [message.key for message in messages],
        [message.subject for message in messages],
        [message.body for message in messages],
    )


async def add_unless_owed(connection: Connection, messages: Sequence[Message]) -> list[Message]:
    """`add` those that don't say again what a row that is still here says; returns them.

    For repetitions: while the broker is away they would pile up. By `outbox_by_subject`.
    """
    known = await _owed_already(connection, {message.subject for message in messages})
    new = [message for message in messages if (message.key, message.subject) not in known]
    if new:
        await add(connection, new)
    return new


async def _owed_already(connection: Connection, subjects: Collection[str]) -> set[tuple[str, str]]:
    rows = await connection.fetch(
        "SELECT key, subject FROM outbox WHERE subject = ANY($1::text[]) AND NOT unsendable", list(subjects)
    )
    return {(row["key"], row["subject"]) for row in rows}


async def backlog(pool: "Pool[Any]") -> Backlog:
    """Raises `DatabaseUnavailable`."""
    async with connection(pool) as held:
        row = await held.fetchrow(
            """
            SELECT count(*) AS count, now() - min(added_at) AS oldest,
                   count(*) FILTER (WHERE available_at > now() AND token IS NULL) AS parked FROM outbox
            """
        )
    return Backlog(row["count"], row["parked"], row["oldest"])


async def take(pool: "Pool[Any]", token: UUID, limit: int, reach: Reach) -> list[Owed]:
    """Lease the oldest row of each subject that has one to go. Locks those rows, skipping locked ones.

    At most half of them rows that were parked or leased before, so that those don't crowd out the new.
    `outbox_by_subject` answers the question for a subject's oldest row.
    """
    async with _by_index(pool) as held:
        rows = await held.fetch(
            """
            WITH due AS (
                SELECT position FROM outbox WHERE available_at <= now() AND available_at > now() - $5::interval
                ORDER BY available_at LIMIT ($2 + 1) / 2 FOR UPDATE SKIP LOCKED
            ), ready AS (
                SELECT position FROM outbox o WHERE available_at IS NULL AND position >= $4 AND position =
                    (SELECT min(e.position) FROM outbox e WHERE e.subject = o.subject AND NOT e.unsendable)
                ORDER BY position LIMIT $2 - (SELECT count(*) FROM due) FOR UPDATE SKIP LOCKED
            ), chosen AS (SELECT position, false AS fresh FROM due UNION ALL SELECT position, true FROM ready)
            UPDATE outbox o SET token = $1, available_at = now() + $3 FROM chosen WHERE o.position = chosen.position
            RETURNING o.position, failures, fresh, message_id, key, subject, body
            """,
            token,
            limit,
            LEASE,
            reach.first_id,
            reach.due_within,
        )
    return [_owed(row) for row in sorted(rows, key=lambda row: row["position"])]


async def settle(pool: "Pool[Any]", token: UUID, outcomes: Sequence[tuple[Owed, BusError | None]]) -> None:
    """Remove what was confirmed, free what met an outage, park the rest; as far as the lease still holds."""
    gone = [owed.position for owed, outcome in outcomes if outcome is None]
    free = [owed.position for owed, outcome in outcomes if is_outage(outcome)]
    parked = [(owed, error) for owed, error in outcomes if error is not None and not is_outage(error)]
    async with _by_index(pool) as held:
        if gone:
            await held.execute("DELETE FROM outbox WHERE position = ANY($1::bigint[]) AND token = $2", gone, token)
        if free:
            await held.execute(
                "UPDATE outbox SET token = NULL, available_at = now() "
                "WHERE position = ANY($1::bigint[]) AND token = $2",
                free,
                token,
            )
        if parked:
            await _park(held, token, parked)


@asynccontextmanager
async def _by_index(pool: "Pool[Any]") -> AsyncIterator[Any]:
    """A connection that keeps Postgres from a plan made while the table was empty, until it is returned."""
    async with connection(pool) as held:
        await held.execute(
            "SET plan_cache_mode = force_custom_plan; SET enable_seqscan = off; SET enable_bitmapscan = off"
        )
        yield held


def is_outage(outcome: BusError | None) -> bool:
    """Whether the broker is away, rather than unwilling to take this one message."""
    return isinstance(outcome, BusUnavailable) and not isinstance(outcome, Refused)


async def _park(held: Any, token: UUID, parked: Sequence[tuple[Owed, BusError]]) -> None:
    for owed, error in parked:
        log.warning("outbox.parked", message_id=owed.message.id, key=owed.message.key, error=str(error))
    await held.execute(
        """
        UPDATE outbox o
        SET token = NULL, failures = failures + 1, available_at = now() + p.wait, unsendable = p.unsendable,
            reason = p.reason
        FROM unnest($2::bigint[], $3::interval[], $4::boolean[], $5::text[]) AS p (position, wait, unsendable, reason)
        WHERE o.position = p.position AND o.token = $1
        """,
        token,
        [owed.position for owed, _ in parked],
        [parked_for(owed.failures, random.random()) for owed, _ in parked],
        [isinstance(error, Unsendable) for _, error in parked],
        [f"{type(error).__name__}: {error}"[:REASON_CHARACTERS].replace("\0", "") for _, error in parked],
    )


def parked_for(failures: int, roll: float) -> timedelta:
    """The wait after this many failures before: 1, 2, 4, 8, 16, then 30 seconds, less up to a quarter by `roll`."""
    nominal = min(FIRST_PARKED * 2.0 ** min(failures, 10), LONGEST_PARKED)
    return nominal * (1 - roll / 4)


def _owed(row: Any) -> Owed:
    message = Message(row["message_id"], row["key"], row["subject"], row["body"])
    return Owed(row["position"], row["failures"], row["fresh"], message)
