"""One row a mail, in the hands of one mailer while it is sent.

No connection is kept while a mail travels, and nothing is written for it: the mailer's beat (`store.mailers`) keeps
all that it has in hand. Whoever dies stops beating, and loses them.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from services.mailer.mails import MailKey
from services.mailer.outcomes import Settle, Status, Tries, Wait
from shared.database import Connection

# Longer than any mail is in hand before its end is known. Past it a mail is free even though its mailer lives: that
# one may have lost sight of it, when the answer to its claim was lost.
HAND_LIMIT = timedelta(minutes=20)
# How soon to ask again for a mail that somebody has in hand.
ASK_AGAIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who asks for a mail: a mailer that lives (a row of `mailers`), for the message `asked_by` (its UUIDv7).

    `steady`: it has been in touch with the database for so long that everyone else who lives has been, too, and has
    recorded what went. `lease` is the name of this one claim, known even when its answer is lost.
    """

    owner: UUID
    asked_by: str
    steady: bool = False
    lease: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send this mail while its owner lives. `tries` is how often it was tried before."""

    key: MailKey
    owner: UUID
    lease: UUID
    tries: Tries


@dataclass(frozen=True, slots=True)
class Held:
    """Someone is sending it, or it waits for its next attempt: nothing to do for `remaining`."""

    remaining: timedelta


@dataclass(frozen=True, slots=True)
class Superseded:
    """It waits, and a newer message that asks for the same waits with it: this one is not needed."""


@dataclass(frozen=True, slots=True)
class Settled:
    """It has been sent, bounced, given up or withdrawn: nothing to do ever.

    `status` is what whoever asks now is owed a report of: None for a message whose own request this settled.
    """

    status: Status | None = None
    reason: str | None = None


Answer = Claim | Held | Superseded | Settled


async def claim(connection: Connection, key: MailKey, by: Claimant) -> Answer:
    """Take the mail in hand, making its row when it is new. Locks the one row, by its primary key."""
    row = await connection.fetchrow(
        """
        INSERT INTO mails AS m (number, template, recipient, revision, lease, owner, asked_by, not_before)
        VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + $8::interval)
            ON CONFLICT (number, template, recipient, revision) DO UPDATE
           SET lease = excluded.lease, owner = excluded.owner, not_before = excluded.not_before,
               asked_by = greatest(m.asked_by, excluded.asked_by)
         WHERE m.status = 'pending'
           AND CASE WHEN m.owner IS NULL THEN m.not_before <= clock_timestamp()
                    ELSE m.owner = excluded.owner
                      OR NOT EXISTS (SELECT FROM mailers WHERE id = m.owner)
                      OR (m.not_before <= clock_timestamp() AND $9::boolean) END
        RETURNING attempts, postponed
        """,
        *_columns(key),
        by.lease,
        by.owner,
        by.asked_by,
        HAND_LIMIT,
        by.steady,
    )
    if row:
        return Claim(key, by.owner, by.lease, Tries(row["attempts"], row["postponed"]))
    return await _why_not(connection, key, by)


async def release(connection: Connection, key: MailKey, lease: UUID) -> None:
    """Let go of a mail that was not handed in. Nothing when that claim does not hold it any more, or never did."""
    await connection.execute(
        "UPDATE mails SET lease = NULL, owner = NULL, not_before = clock_timestamp() "
        "WHERE (number, template, recipient, revision) = ($1, $2, $3, $4) AND lease = $5 "
        "AND status IN ('pending', 'withdrawn')",
        *_columns(key),
        lease,
    )


async def postpone(connection: Connection, held: Claim, wait: Wait) -> None:
    """Give the mail back until its next attempt, or for good if it was withdrawn. Nothing when it is no longer ours."""
    await connection.execute(
        """
        UPDATE mails SET lease = NULL, owner = NULL, not_before = clock_timestamp() + $6::interval, reason = $7,
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

    A mail that went is settled even when it has passed into other hands, or was withdrawn: true is true.
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
    if status == "UPDATE 1":
        if end.status == "sent" and held.key.revision > 1:
            await _withdraw_earlier(connection, held.key)
        return True
    await release(connection, held.key, held.lease)
    return False


async def _withdraw_earlier(connection: Connection, key: MailKey) -> None:
    """A later mail of the same brought what those before it still wait to bring: nobody need ask for them again."""
    await connection.execute(
        "UPDATE mails SET status = 'withdrawn' WHERE (number, template, recipient) = ($1, $2, $3) AND revision < $4 "
        "AND status = 'pending' AND owner IS NULL",
        *_columns(key),
    )


async def _why_not(connection: Connection, key: MailKey, by: Claimant) -> Answer:
    row = await connection.fetchrow(
        "SELECT status, reason, owner, coalesce(asked_by, '') AS asked_by, "
        "greatest(not_before - clock_timestamp(), interval '0') AS remaining FROM mails "
        "WHERE (number, template, recipient, revision) = ($1, $2, $3, $4)",
        *_columns(key),
    )
    if row is None:
        return Held(timedelta(0))
    if row["status"] in ("withdrawn", "in-doubt") or (row["status"] != "pending" and row["asked_by"] == by.asked_by):
        return Settled()
    if row["status"] != "pending":
        return Settled(row["status"], row["reason"])
    if row["owner"]:
        return Held(ASK_AGAIN)
    if row["asked_by"] > by.asked_by:
        return Superseded()
    if row["asked_by"] < by.asked_by:
        await _waits_too(connection, key, by.asked_by)
    return Held(row["remaining"])


async def _waits_too(connection: Connection, key: MailKey, asked_by: str) -> None:
    """A newer message is the one that stays: those before it may have been lost with their broker."""
    await connection.execute(
        "UPDATE mails SET asked_by = greatest(asked_by, $5) "
        "WHERE (number, template, recipient, revision) = ($1, $2, $3, $4) AND status = 'pending'",
        *_columns(key),
        asked_by,
    )


def _columns(key: MailKey) -> tuple[str, str, str, int]:
    return key.number, key.template, key.recipient, key.revision
