"""What stands still outside the queues: rows of the services' outboxes, and orders that are not fulfilled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from boxoffice.schemas import session
from services.orders.store import unfulfilled
from services.orders.store.unfulfilled import Unfulfilled

SERVICES = ("orders", "tickets", "mailer")
REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Reason:
    """Why so many rows of one key were last refused; `unsendable` ones can never be sent as they are."""

    reason: str
    key: str
    count: int
    unsendable: bool


@dataclass(frozen=True, slots=True)
class OutboxStatus:
    """Rows that are `ready` to be published, `leased` by a relay, `parked` after a refusal; `unsendable` ones apart."""

    service: str
    ready: int
    leased: int
    parked: int
    unsendable: int
    oldest: timedelta | None
    reasons: Sequence[Reason]


@dataclass(frozen=True, slots=True)
class Unfinished:
    outboxes: Sequence[OutboxStatus]
    orders: Sequence[Unfulfilled]


async def unfinished(database_url: str) -> Unfinished:
    """Raises `CannotStart`."""
    async with session(database_url, "orders") as connection:
        outboxes = [await _outbox(connection, service) for service in SERVICES]
        return Unfinished(outboxes, await unfulfilled.counted(connection))


async def _outbox(connection: asyncpg.Connection, service: str) -> OutboxStatus:
    """Reads all of its rows."""
    row = await connection.fetchrow(
        f"""
        SELECT count(*) FILTER (WHERE available_at IS NULL) AS ready, now() - min(added_at) AS oldest,
               count(*) FILTER (WHERE token IS NOT NULL) AS leased,
               count(*) FILTER (WHERE available_at IS NOT NULL AND token IS NULL AND NOT unsendable) AS parked,
               count(*) FILTER (WHERE available_at IS NOT NULL AND token IS NULL AND unsendable) AS unsendable
          FROM {service}.outbox
        """  # noqa: S608 - names of ours
    )
    assert row  # noqa: S101 - a count is one row
    reasons = await connection.fetch(
        f"""
        SELECT coalesce(reason, 'not known') AS reason, key, unsendable, count(*) AS count FROM {service}.outbox
         WHERE failures > 0 AND token IS NULL AND available_at IS NOT NULL
         GROUP BY reason, key, unsendable ORDER BY count(*) DESC, key LIMIT {REASONS_SHOWN}
        """  # noqa: S608 - names of ours
    )
    return OutboxStatus(service, **row, reasons=[Reason(**each) for each in reasons])
