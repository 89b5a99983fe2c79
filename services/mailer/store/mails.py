"""One row a mail, held by a lease on the database's clock while it is sent.

No connection is kept while a mail travels: the lease is renewed in between, and whoever dies loses it.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from services.mailer.mails import MailKey
from services.mailer.outcomes import Settle, Tries, Wait
from shared.database import Connection

# How late a mail can be after its worker was killed; renewed at a third of it.
LEASE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send this mail until the lease ends. `tries` is how often it was tried before."""

    key: MailKey
    lease: UUID
    tries: Tries


@dataclass(frozen=True, slots=True)
class Held:
    """Someone is sending it, or it waits for its next attempt: nothing to do for `remaining`."""

    remaining: timedelta


@dataclass(frozen=True, slots=True)
class Settled:
    """It has been sent, bounced, given up or withdrawn: nothing to do ever."""


async def claim(connection: Connection, key: MailKey) -> Claim | Held | Settled:
    """Take the mail for `LEASE`, making its row when it is new. Locks the one row, by its primary key."""
    lease = uuid4()
    row = await connection.fetchrow(
        """
        INSERT INTO mails AS m (number, template, recipient, revision, lease, not_before)
        VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6::interval)
            ON CONFLICT (number, template, recipient, revision) DO UPDATE
           SET lease = excluded.lease, not_before = excluded.not_before
         WHERE m.status = 'pending' AND m.not_before <= clock_timestamp()
        RETURNING attempts, postponed
        """,
        *_columns(key),
        lease,
        LEASE,
    )
    if row:
        return Claim(key, lease, Tries(row["attempts"], row["postponed"]))
    return await _why_not(connection, key)


async def renew(connection: Connection, held: Claim) -> bool:
    """Hold the mail for another `LEASE`; False when it is no longer ours."""
    status = await connection.execute(
        "UPDATE mails SET not_before = clock_timestamp() + $6::interval "
        "WHERE (number, template, recipient, revision) = ($1, $2, $3, $4) AND lease = $5 AND status = 'pending'",
        *_columns(held.key),
        held.lease,
        LEASE,
    )
    return bool(status == "UPDATE 1")


async def postpone(connection: Connection, held: Claim, wait: Wait) -> None:
    """Give the mail back until its next attempt, or for good if it was withdrawn. Nothing when it is no longer ours."""
    await connection.execute(
        """
        UPDATE mails SET lease = NULL, not_before = clock_timestamp() + $6::interval, reason = $7,
               doubtful = doubtful + $8::int, attempts = attempts + $9::int,
               postponed = CASE WHEN $9::int = 1 THEN 0 ELSE postponed + 1 END
         WHERE (number, template, recipient, revision) = ($1, $2, $3, $4) AND lease = $5
           AND status IN ('pending', 'withdrawn')
        """,
        *_columns(held.key),
        held.lease,
        wait.wait,
        wait.reason,
        int(wait.doubtful),
        int(wait.counts),
    )


async def settle(connection: Connection, held: Claim, end: Settle) -> bool:
    """Record the end of it; True for the one caller whose word it is, who then reports it.

    A mail that went is settled even when the lease has passed to another, or it was withdrawn: true is true.
    """
    status = await connection.execute(
        """
        UPDATE mails SET status = $6::text, reason = $7, settled_at = clock_timestamp(), attempts = attempts + 1
         WHERE (number, template, recipient, revision) = ($1, $2, $3, $4)
           AND (status = 'pending' AND lease = $5 OR status IN ('pending', 'withdrawn') AND $6::text = 'sent')
        """,
        *_columns(held.key),
        held.lease,
        end.status,
        end.reason,
    )
    return bool(status == "UPDATE 1")


async def _why_not(connection: Connection, key: MailKey) -> Held | Settled:
    row = await connection.fetchrow(
        "SELECT status, greatest(not_before - clock_timestamp(), interval '0') AS remaining FROM mails "
        "WHERE (number, template, recipient, revision) = ($1, $2, $3, $4)",
        *_columns(key),
    )
    if row is None:
        return Held(timedelta(0))
    return Held(row["remaining"]) if row["status"] == "pending" else Settled()


def _columns(key: MailKey) -> tuple[str, str, str, int]:
    return key.number, key.template, key.recipient, key.revision
