"""The flags in Postgres, in the schema `flags`: what is set, and who changed what when.

Whoever changes a flag first takes the only row of `version`, so that changes come one after another and a
version that has been seen has everything before it.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from shared.database import Connection
from shared.flags.rules import Setting
from shared.flags.states import State, read_state

CHANNEL = "boxoffice_flags"

_decode = msgspec.json.Decoder(Setting).decode


@dataclass(frozen=True, slots=True)
class Change:
    """`setting` is None where the flag was unset, and where a newer version of Boxoffice wrote what we can't read."""

    number: int
    name: str
    setting: Setting | None
    at: datetime
    by: str
    why: str


async def version(held: Connection) -> int:
    return int(await held.fetchval("SELECT number FROM flags.version"))


async def state(held: Connection) -> State:
    """All flags and their version, as of one moment: one statement sees one snapshot."""
    rows = await held.fetch(
        "SELECT version.number, settings.name, settings.setting FROM flags.version LEFT JOIN flags.settings ON true"
    )
    return read_state(rows[0]["number"], [(row["name"], row["setting"]) for row in rows if row["name"]])


async def lock(held: Connection, name: str) -> Setting | None:
    """The flag's setting, which nobody else can change until the transaction ends."""
    await held.execute("SELECT number FROM flags.version FOR UPDATE")
    return _read(await held.fetchval("SELECT setting FROM flags.settings WHERE name = $1", name))


async def save(held: Connection, name: str, setting: Setting | None, by: str, why: str) -> int:
    """Set or, with None, unset the flag; returns the new version. In the transaction of `lock`."""
    text = msgspec.json.encode(setting).decode() if setting else None
    number: int = await held.fetchval("UPDATE flags.version SET number = number + 1 RETURNING number")
    await held.execute(
        "INSERT INTO flags.changes (number, name, setting, by, why) VALUES ($1, $2, $3, $4, $5)",
        *(number, name, text, by, why),
    )
    if text is None:
        await held.execute("DELETE FROM flags.settings WHERE name = $1", name)
    else:
        await held.execute(
            "INSERT INTO flags.settings (name, setting) VALUES ($1, $2) "
            "ON CONFLICT (name) DO UPDATE SET setting = excluded.setting",
            *(name, text),
        )
    return number


async def announce(held: Connection, number: int) -> None:
    """Wake whoever follows. After the commit, and never in a transaction of something else: NOTIFY takes its turn among
    all commits of the database."""
    await held.execute("SELECT pg_notify($1, $2)", CHANNEL, str(number))


async def history(held: Connection, name: str | None, limit: int) -> list[Change]:
    """The latest changes, newest first: of one flag by the index on its name, or of all by the primary key."""
    rows = await held.fetch(
        "SELECT number, name, setting, at, by, why FROM flags.changes "
        "WHERE $1::text IS NULL OR name = $1 ORDER BY number DESC LIMIT $2",
        *(name, limit),
    )
    return [Change(**dict(row) | {"setting": _read(row["setting"])}) for row in rows]


async def last_changes(held: Connection) -> dict[str, Change]:
    """Each flag's latest change."""
    rows = await held.fetch(
        "SELECT DISTINCT ON (name) number, name, setting, at, by, why FROM flags.changes ORDER BY name, number DESC"
    )
    return {row["name"]: Change(**dict(row) | {"setting": _read(row["setting"])}) for row in rows}


def _read(text: str | None) -> Setting | None:
    try:
        return _decode(text) if text else None
    except msgspec.DecodeError:
        return None
