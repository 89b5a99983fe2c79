"""Mails that may have gone since the backup that was restored: listed, released, or noted as sent.

Whoever decides locks the mails by their primary key, in its order, so that two operators can't meet crosswise.
"""

from collections.abc import Sequence

from services.mailer import mails
from services.mailer.mails import CANCELLATION, TICKETS, MailKey
from shared import messages, outbox
from shared.database import Connection
from shared.messages import OrderResendRequested


async def in_doubt(connection: Connection) -> list[MailKey]:
    """All of them, in the order of their primary key; by `mails_in_doubt`."""
    rows = await connection.fetch(
        "SELECT template, number, recipient, revision FROM mails WHERE status = 'in-doubt' "
        "ORDER BY number, template, recipient, revision"
    )
    return [MailKey(row["template"], row["number"], row["recipient"], row["revision"]) for row in rows]


async def count_in_doubt(connection: Connection) -> int:
    return int(await connection.fetchval("SELECT count(*) FROM mails WHERE status = 'in-doubt'"))


async def release_in_doubt(connection: Connection, keys: Sequence[MailKey]) -> int:
    """Let those of them that are in doubt be sent; how many. Tickets of a cancelled order are withdrawn instead.

    What is there to be sent is asked for again; for the others the message that brings it is still to come.
    Needs a transaction.
    """
    rows = await connection.fetch(
        """
        WITH chosen AS (
            SELECT number, template, recipient, revision
              FROM mails JOIN unnest($1::text[], $2::text[], $3::text[], $4::int[])
                           AS k (number, template, recipient, revision) USING (number, template, recipient, revision)
             WHERE status = 'in-doubt' ORDER BY number, template, recipient, revision FOR UPDATE OF mails
        ), released AS (
            UPDATE mails m
               SET not_before = clock_timestamp(), reason = NULL, status = CASE WHEN m.template = $5::text AND EXISTS
                   (SELECT FROM orders o WHERE o.number = m.number AND o.cancelled_at IS NOT NULL)
                   THEN 'withdrawn' ELSE 'pending' END
              FROM chosen c
             WHERE (m.number, m.template, m.recipient, m.revision) = (c.number, c.template, c.recipient, c.revision)
            RETURNING m.number, m.template, m.revision, m.status
        )
        SELECT r.number, r.template, r.revision,
               CASE r.template WHEN $5::text THEN o.issued WHEN $6::text THEN o.cancellation END IS NOT NULL AS there
          FROM released r LEFT JOIN orders o USING (number) WHERE r.status = 'pending'
        """,
        *_columns(keys),
        TICKETS,
        CANCELLATION,
    )
    wanted = [
        OrderResendRequested(number=row["number"], revision=row["revision"], template=row["template"])
        for row in rows
        if row["there"]
    ]
    await outbox.add(connection, [messages.message(fact, source="mailer") for fact in wanted])
    return len(rows)


async def note_as_sent(connection: Connection, keys: Sequence[MailKey]) -> int:
    """Those of them that are in doubt have gone, and are reported as such; how many. Needs a transaction."""
    rows = await connection.fetch(
        """
        WITH chosen AS (
            SELECT number, template, recipient, revision
              FROM mails JOIN unnest($1::text[], $2::text[], $3::text[], $4::int[])
                           AS k (number, template, recipient, revision) USING (number, template, recipient, revision)
             WHERE status = 'in-doubt' ORDER BY number, template, recipient, revision FOR UPDATE OF mails
        )
        UPDATE mails m SET status = 'sent', settled_at = clock_timestamp(), reason = NULL FROM chosen c
         WHERE (m.number, m.template, m.recipient, m.revision) = (c.number, c.template, c.recipient, c.revision)
        RETURNING m.number, m.template, m.recipient, m.revision
        """,
        *_columns(keys),
    )
    went = [MailKey(row["template"], row["number"], row["recipient"], row["revision"]) for row in rows]
    reports = [messages.message(mails.report(key, "sent", None), source="mailer") for key in went]
    await outbox.add(connection, reports)
    return len(went)


def _columns(keys: Sequence[MailKey]) -> tuple[list[str], list[str], list[str], list[int]]:
    return (
        [key.number for key in keys],
        [key.template for key in keys],
        [key.recipient for key in keys],
        [key.revision for key in keys],
    )
