"""Messages leave only for what is committed, and leave the outbox only once the broker has them.

add     writes them in the caller's transaction
Relay   publishes what is committed; any number of relays may run on one outbox
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog

from shared.bus.protocol import Bus, BusError, BusUnavailable, Message
from shared.database import Connection, DatabaseUnavailable, Pool, connection

log = structlog.get_logger()

BATCH = 200
# A relay that dies leaves its rows to others after this; a publish takes far less.
LEASE = timedelta(seconds=10)
POLL_SECONDS = 1.0
# An outage is asked about at most this often; one row's own trouble waits longer each time, up to a minute.
OUTAGE_SECONDS = 1.0
LONGEST_WAIT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many messages wait to be published, and for how long the oldest has."""

    count: int
    oldest: timedelta | None


async def add(connection: Connection, messages: Sequence[Message]) -> None:
    """Write messages in the caller's transaction: they are published if and only if it commits."""
    await connection.execute(
        "INSERT INTO outbox (message_id, key, subject, body) "
        "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])",
        [message.id for message in messages],
        [message.key for message in messages],
        [message.subject for message in messages],
        [message.body for message in messages],
    )


class Relay:
    """Publishes the outbox of the pool's schema, oldest first."""

    def __init__(self, pool: "Pool[Any]", bus: Bus) -> None:
        self._pool = pool
        self._bus = bus
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something was committed: look now. What was committed elsewhere is found within a second."""
        self._woken.set()

    async def run(self) -> None:
        """Publish for ever. Outages of the database or the broker only delay."""
        while True:
            self._woken.clear()
            try:
                more = await self._publish_some()
            except (DatabaseUnavailable, BusUnavailable) as error:
                log.warning("outbox.delayed", reason=str(error))
                await asyncio.sleep(OUTAGE_SECONDS * random.uniform(0.5, 1))
                continue
            if not more:
                await self._wait()

    async def backlog(self) -> Backlog:
        async with connection(self._pool) as held:
            row = await held.fetchrow("SELECT count(*) AS count, now() - min(created_at) AS oldest FROM outbox")
        return Backlog(row["count"], row["oldest"])

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _publish_some(self) -> bool:
        """Publish one batch; whether there may be more."""
        lease = uuid4()
        rows = await self._take(lease)
        if not rows:
            return False
        outcomes = await self._bus.publish([message for _, message in rows])
        results = list(zip((identity for identity, _ in rows), outcomes, strict=True))
        await self._settle(lease, results)
        if all(isinstance(outcome, BusUnavailable) for outcome in outcomes):
            raise BusUnavailable(str(outcomes[0]))
        return True

    async def _take(self, lease: UUID) -> list[tuple[int, Message]]:
        """Lease the oldest rows that are due; others' leases and locked rows are passed over."""
        async with connection(self._pool) as held:
            rows = await held.fetch(
                """
                WITH due AS (SELECT id FROM outbox WHERE due_at <= now() ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
                UPDATE outbox o SET due_at = now() + $2::interval, lease = $3 FROM due WHERE o.id = due.id
                RETURNING o.id, o.message_id, o.key, o.subject, o.body
                """,
                BATCH,
                LEASE,
                lease,
            )
        taken = [(row["id"], Message(row["message_id"], row["key"], row["subject"], row["body"])) for row in rows]
        return sorted(taken, key=lambda row: row[0])

    async def _settle(self, lease: UUID, results: Sequence[tuple[int, BusError | None]]) -> None:
        """Delete what the broker has; give back the rest, what is at fault itself later and later."""
        published = [identity for identity, outcome in results if outcome is None]
        delayed = [identity for identity, outcome in results if isinstance(outcome, BusUnavailable)]
        at_fault = [identity for identity, outcome in results if outcome and not isinstance(outcome, BusUnavailable)]
        async with connection(self._pool) as held:
            if published:
                await held.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[]) AND lease = $2", published, lease)
            if delayed:
                await held.execute(
                    "UPDATE outbox SET due_at = now(), lease = NULL WHERE id = ANY($1::bigint[]) AND lease = $2",
                    delayed,
                    lease,
                )
            if at_fault:
                await self._put_off(held, lease, at_fault)

    async def _put_off(self, held: Connection, lease: UUID, identities: Sequence[int]) -> None:
        """0.1 seconds after the first failure, twice as long after each further one, a minute at most."""
        log.warning("outbox.unpublishable", rows=len(identities))
        await held.execute(
            """
            UPDATE outbox SET failures = failures + 1, lease = NULL,
                   due_at = now() + least(interval '0.1 s' * power(2, least(failures, 16)), $3::interval)
             WHERE id = ANY($1::bigint[]) AND lease = $2
            """,
            identities,
            lease,
            LONGEST_WAIT,
        )
