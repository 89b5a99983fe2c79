"""After a restore: which mails may have gone since the backup was taken, and what is known of them.

The copy ends at one moment, the installation it was made of went on. Whatever mail of an order is not settled in the
copy may have gone in the meantime: its row becomes `in-doubt`, whether or not the mailer knew of it yet, and nobody
sends it. What others noted of the mails that went, by `Message-ID`, settles the doubt.
"""

import gzip
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import asyncpg

from boxoffice.failures import CannotStart
from services.mailer import store
from services.mailer.mails import CANCELLATION, SIGN_IN, TICKETS, MailKey, digest
from shared.messages import SignInRequested

# Every kind of mail there is must be known here: a new one is an order's (`_OF_ORDERS` finds it), or short-lived.
KNOWN_TEMPLATES = frozenset({TICKETS, CANCELLATION, SIGN_IN})
_DIGEST = re.compile(rb"(?<![0-9a-f])([0-9a-f]{32})@")
LONGEST_LINE = 1 << 20

# Each mail that some order is owed, or was: all its revisions, in case more than one is on its way.
_OF_ORDERS = """
    INSERT INTO mailer.mails (number, template, recipient, revision, status, not_before, reason)
    SELECT o.number, owed.template, o.buyer_email, owed.revision, 'in-doubt', now(), $1
      FROM orders.orders o
     CROSS JOIN LATERAL (
           SELECT $2::text AS template, generate_series(1, o.mail_revision::int) AS revision
            UNION ALL SELECT $3::text, 1 WHERE o.status = 'cancelled') owed
        ON CONFLICT (number, template, recipient, revision) DO UPDATE
       SET status = 'in-doubt', lease = NULL, owner = NULL, reason = excluded.reason WHERE mails.status = 'pending'
"""


async def hold_back_mails(connection: asyncpg.Connection, reason: str) -> int:
    """Make every mail that may have gone since `in-doubt`; how many there are. Needs a transaction."""
    # None of those that lived when the copy was made has anything in hand here.
    await connection.execute("DELETE FROM mailer.mailers")
    await connection.execute(_OF_ORDERS, reason, TICKETS, CANCELLATION)
    await connection.execute(
        "UPDATE mailer.mails SET status = 'in-doubt', lease = NULL, owner = NULL, reason = $1 "
        "WHERE status = 'pending' AND template <> $2",
        reason,
        SIGN_IN,
    )
    return int(await connection.fetchval("SELECT count(*) FROM mailer.mails WHERE status = 'in-doubt'"))


async def end_sign_ins(connection: asyncpg.Connection) -> None:
    """Who was signed in signs in again: the copy may have brought back what had been ended since. Needs a transaction.

    Links live for minutes, so none that is owed is of use any more.
    """
    await connection.execute("DELETE FROM orders.sessions")
    await connection.execute("DELETE FROM orders.sign_in_links")
    await connection.execute("DELETE FROM orders.outbox WHERE key = $1", SignInRequested.key)
    if await connection.fetchval("SELECT to_regclass('bus.deliveries') IS NOT NULL"):
        await connection.execute(
            "DELETE FROM bus.deliveries d USING bus.messages m WHERE m.id = d.message AND m.key = $1",
            SignInRequested.key,
        )
    await connection.execute(
        "UPDATE mailer.mails "
        "SET status = 'withdrawn', lease = NULL, owner = NULL, reason = 'the link was good for minutes' "
        "WHERE template = $1 AND status = 'pending'",
        SIGN_IN,
    )


async def settle_by_evidence(connection: asyncpg.Connection, files: Iterable[Path]) -> int:
    """Note as sent what is in doubt and whose `Message-ID` is in one of these files; how many. Needs a transaction.

    `connection` sees the mailer's schema. Raises `CannotStart` when a file can't be read.
    """
    doubtful = {digest(key): key for key in await store.in_doubt(connection)}
    return await store.note_as_sent(connection, _found(doubtful, files)) if doubtful else 0


def _found(doubtful: dict[str, MailKey], files: Iterable[Path]) -> list[MailKey]:
    seen = {told for file in files for told in _digests(file)}
    return [key for told, key in doubtful.items() if told in seen]


def _digests(file: Path) -> Iterator[str]:
    """What may be ours in any text: a journal of the mailer, a mail server's log, gzipped or not."""
    try:
        with _lines_of(file) as lines:
            while line := lines.readline(LONGEST_LINE):
                yield from (found.decode() for found in _DIGEST.findall(line))
    except (OSError, EOFError) as error:
        raise CannotStart(f"can't read {file}: {error}") from None


def _lines_of(file: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(file)) if file.suffix == ".gz" else file.open("rb")


def journal_files(folder: Path) -> list[Path]:
    """The mailer's journal in this folder; empty where there is none."""
    return sorted(file for file in folder.glob("*.log*") if file.is_file())
