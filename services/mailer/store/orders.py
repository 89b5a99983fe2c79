"""What the mailer knows of orders: what there is to send again, and whether it may be sent at all.

An order's row is locked before its mails are touched, so a cancellation and a mail of its tickets come one
after the other, whatever order their messages arrive in.
"""

from dataclasses import dataclass

import msgspec

from services.mailer.mails import TICKETS, MailKey
from services.mailer.store.mails import ASK_AGAIN, Answer, Claimant, Held, Settled, claim
from shared.database import Connection
from shared.messages import OrderCancelled, TicketsIssued


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """`issued` is None until we were told of the tickets, `cancellation` until we were told that they are void."""

    issued: TicketsIssued | None
    cancelled: bool
    cancellation: OrderCancelled | None = None


async def known_order(connection: Connection, number: str) -> KnownOrder:
    row = await connection.fetchrow("SELECT issued, cancelled_at, cancellation FROM orders WHERE number = $1", number)
    if row is None:
        return KnownOrder(None, False)
    issued = row["issued"] and msgspec.json.decode(row["issued"], type=TicketsIssued)
    cancellation = row["cancellation"] and msgspec.json.decode(row["cancellation"], type=OrderCancelled)
    return KnownOrder(issued, row["cancelled_at"] is not None, cancellation)


async def claim_tickets(connection: Connection, key: MailKey, by: Claimant, issued: TicketsIssued) -> Answer:
    """Remember what was issued and take a mail of it, unless the order is cancelled. Needs a transaction.

    What was told last counts: a file that had to be made again may have another name.
    """
    cancelled = await connection.fetchval(
        """
        INSERT INTO orders AS o (number, issued) VALUES ($1, $2::json)
            ON CONFLICT (number) DO UPDATE SET issued = excluded.issued
        RETURNING cancelled_at IS NOT NULL
        """,
        issued.number,
        msgspec.json.encode(issued).decode(),
    )
    return Settled() if cancelled else await claim(connection, key, by)


async def claim_cancellation(connection: Connection, key: MailKey, by: Claimant, cancelled: OrderCancelled) -> Answer:
    """Withdraw the mails of the order's tickets for good and take the one that says so. Needs a transaction.

    While one of the former may be on its way it is `Held`: it comes first, or not at all.
    """
    await connection.execute(
        """
        INSERT INTO orders AS o (number, cancelled_at, cancellation) VALUES ($1, clock_timestamp(), $2::json)
            ON CONFLICT (number) DO UPDATE SET cancelled_at = coalesce(o.cancelled_at, excluded.cancelled_at),
                                               cancellation = coalesce(o.cancellation, excluded.cancellation)
        """,
        key.number,
        msgspec.json.encode(cancelled).decode(),
    )
    await connection.execute(
        "UPDATE mails SET status = 'withdrawn' WHERE number = $1 AND template = $2 AND status = 'pending'",
        key.number,
        TICKETS,
    )
    return Held(ASK_AGAIN) if await _on_its_way(connection, key.number) else await claim(connection, key, by)


async def _on_its_way(connection: Connection, number: str) -> bool:
    """Whether a mail of tickets that was withdrawn is in the hands of a mailer that lives."""
    return bool(
        await connection.fetchval(
            """
            SELECT true FROM mails m
             WHERE number = $1 AND template = $2 AND status = 'withdrawn' AND lease IS NOT NULL
               AND not_before > clock_timestamp() AND (owner IS NULL OR EXISTS (SELECT FROM mailers WHERE id = m.owner))
             LIMIT 1
            """,
            number,
            TICKETS,
        )
    )
