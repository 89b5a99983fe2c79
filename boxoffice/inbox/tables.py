"""The inbox's SQL, all of it. Every function takes a connection and runs on its thread."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from boxoffice.inbox.mail import Json, Mail
from shared.identifiers import uuid7

SCHEMA = """
    CREATE TABLE IF NOT EXISTS mails (
        seq        INTEGER PRIMARY KEY AUTOINCREMENT,
        id         TEXT NOT NULL UNIQUE,
        message_id TEXT NOT NULL,
        recipients TEXT NOT NULL,
        created    TEXT NOT NULL,
        seen       INTEGER NOT NULL DEFAULT 0,
        duplicates INTEGER NOT NULL DEFAULT 0,
        summary    TEXT NOT NULL
    );
    CREATE UNIQUE INDEX IF NOT EXISTS mails_once ON mails (message_id, recipients) WHERE message_id <> '';
    CREATE INDEX IF NOT EXISTS mails_counts ON mails (seen, duplicates);
    CREATE TABLE IF NOT EXISTS raws (seq INTEGER PRIMARY KEY, raw BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail as it came: its bytes and the envelope's recipients."""

    raw: bytes
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail as it lies here."""

    id: str
    created: datetime
    seen: bool
    raw: bytes
    recipients: tuple[str, ...]

    def mail(self) -> Mail:
        return Mail(self.raw, self.recipients)


@dataclass(frozen=True, slots=True)
class Listing:
    """`mails` are summaries, newest first; the counts are of all."""

    total: int
    unread: int
    duplicates: int
    mails: list[Json]


def keep_all(connection: sqlite3.Connection, arrivals: list[Arrival]) -> None:
    """A mail with a Message-ID that this recipient has already is counted, not kept again."""
    for arrival in arrivals:
        mail = Mail(arrival.raw, arrival.recipients)
        recipients = ",".join(sorted(address.lower() for address in arrival.recipients))
        known = connection.execute(
            "UPDATE mails SET duplicates = duplicates + 1 WHERE message_id = ? AND message_id <> '' AND recipients = ?",
            (mail.message_id, recipients),
        )
        if known.rowcount:
            continue
        created = datetime.now(UTC).isoformat(timespec="milliseconds")
        inserted = connection.execute(
            "INSERT INTO mails (id, message_id, recipients, created, summary) VALUES (?, ?, ?, ?, ?)",
            (uuid7().hex, mail.message_id, recipients, created, json.dumps(mail.summary())),
        )
        connection.execute("INSERT INTO raws (seq, raw) VALUES (?, ?)", (inserted.lastrowid, arrival.raw))


def listing(connection: sqlite3.Connection, start: int, limit: int) -> Listing:
    counts = connection.execute(
        "SELECT count(*), count(*) - coalesce(sum(seen), 0), coalesce(sum(duplicates), 0) FROM mails"
    )
    total, unread, duplicates = counts.fetchone()
    rows = connection.execute(
        "SELECT id, created, seen, duplicates, summary FROM mails ORDER BY seq DESC LIMIT ? OFFSET ?", (limit, start)
    )
    mails = [
        {"ID": identity, **json.loads(summary), "Created": created, "Read": bool(seen), "Duplicates": repeated}
        for identity, created, seen, repeated, summary in rows
    ]
    return Listing(total, unread, duplicates, mails)


def find(connection: sqlite3.Connection, identity: str) -> Kept | None:
    which = "ORDER BY seq DESC LIMIT 1" if identity == "latest" else "WHERE id = :id"
    query = f"SELECT id, created, seen, raw, recipients FROM mails JOIN raws USING (seq) {which}"  # noqa: S608 - both are ours
    with closing(connection.execute(query, {"id": identity})) as found:
        row = found.fetchone()
    if row is None:
        return None
    identity, created, seen, raw, recipients = row
    return Kept(identity, datetime.fromisoformat(created), bool(seen), raw, tuple(filter(None, recipients.split(","))))


def mark_seen(connection: sqlite3.Connection, identity: str) -> None:
    connection.execute("UPDATE mails SET seen = 1 WHERE id = ? AND NOT seen", (identity,))


def delete(connection: sqlite3.Connection, identities: Sequence[str]) -> None:
    if not identities:
        connection.execute("DELETE FROM raws")
        connection.execute("DELETE FROM mails")
        return
    for identity in identities:
        connection.execute("DELETE FROM raws WHERE seq = (SELECT seq FROM mails WHERE id = ?)", (identity,))
        connection.execute("DELETE FROM mails WHERE id = ?", (identity,))
