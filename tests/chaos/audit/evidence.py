"""Everything the auditor looks at, read once."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from tests.chaos.audit.history import Intent, Line, intents
from tests.chaos.audit.trouble import Troubles, troubles

Row = dict[str, Any]
ANSWER_SECONDS = 30.0

SCHEMAS = ("orders", "tickets", "mailer")
TABLES = {
    "orders": "SELECT * FROM orders.orders",
    "places": "SELECT * FROM orders.tickets",
    "types": "SELECT * FROM orders.ticket_types",
    "documents": "SELECT * FROM tickets.documents",
    "failures": "SELECT * FROM tickets.failures",
    "cancelled": "SELECT * FROM tickets.cancelled_orders",
    "void": "SELECT * FROM tickets.void_tickets",
    "mails": "SELECT *, not_before < now() AS due FROM mailer.mails",
    "owed": " UNION ALL ".join(f"SELECT subject, key, failures FROM {schema}.outbox" for schema in SCHEMAS),
}


@dataclass(slots=True)
class Taken:
    """A mail that the sink took; `answered_at` is None where its sender was not told."""

    at: float
    recipient: str
    message_id: str
    numbers: Sequence[str]
    pdfs: Sequence[str]
    answered_at: float | None = None


@dataclass(slots=True)
class Evidence:
    """`rows` are tables by the names of `TABLES`; `dead` are dead letters as `boxoffice dead-letters list` tells."""

    intents: dict[str, Intent]
    taken: list[Taken]
    refused: dict[str, list[str]]
    troubles: Troubles
    rows: dict[str, list[Row]]
    dead: list[Row]
    store: Path
    lines: list[tuple[str, Line]] = field(default_factory=list)

    def by(self, table: str, column: str) -> dict[Any, list[Row]]:
        """The table's rows by the value of a column."""
        found: dict[Any, list[Row]] = defaultdict(list)
        for row in self.rows[table]:
            found[row[column]].append(row)
        return found

    def mails_to(self) -> dict[str, list[Taken]]:
        found: dict[str, list[Taken]] = defaultdict(list)
        for mail in self.taken:
            found[mail.recipient].append(mail)
        return found


async def gathered(folder: Path) -> Evidence:
    """From the journals in the folder, and from the database and the store that `place.json` names."""
    place = json.loads((folder / "place.json").read_text())
    clients, letters, faults = (_lines(folder / f"{name}.jsonl") for name in ("clients", "sink", "faults"))
    dead = folder / "dead-letters.json"
    return Evidence(
        intents=intents(clients),
        taken=_taken(letters),
        refused=_refused(letters),
        troubles=troubles(faults),
        rows=await _rows(place["database"]),
        dead=json.loads(dead.read_text()) if dead.exists() else [],
        store=Path(place["store"]),
        lines=[*(("client", x) for x in clients), *(("sink", x) for x in letters), *(("fault", x) for x in faults)],
    )


async def _rows(database: str) -> dict[str, list[Row]]:
    """All of one moment."""
    connection = await asyncpg.connect(database, timeout=ANSWER_SECONDS)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return {name: [dict(row) for row in await connection.fetch(sql)] for name, sql in TABLES.items()}
    finally:
        await connection.close()


def _lines(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _taken(letters: Sequence[Line]) -> list[Taken]:
    by_serial: dict[int, Taken] = {}
    for line in letters:
        if line["kind"] == "mail":
            told = (line["recipient"], line["message_id"], line["numbers"], line["pdfs"])
            by_serial[line["serial"]] = Taken(line["at"], *told)
        elif line["kind"] == "answered":
            by_serial[line["serial"]].answered_at = line["at"]
    return list(by_serial.values())


def _refused(letters: Sequence[Line]) -> dict[str, list[str]]:
    """What was answered about each recipient in place of taking the mail."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in letters:
        if line["kind"] == "refused" and line["recipient"]:
            found[line["recipient"]].append(line["reply"])
    return found
