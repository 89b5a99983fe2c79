"""The database made again from a backup: its schemas as they were, its rows, then what the code has changed since."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, cast

import asyncpg

from boxoffice.backup.manifest import Manifest, TableCopy
from boxoffice.backup.tables import SCHEMAS, Tell
from boxoffice.failures import CannotStart
from shared.bus.postgres.sessions import SCHEMA, SCHEMA_VERSION
from shared.migrations import MigrationError, apply, known_migrations


def refuse_newer(manifest: Manifest) -> None:
    """Raises `CannotStart` when the backup has a migration that this code doesn't know, or knows otherwise."""
    for schema, applied in manifest.migrations.items():
        known = {migration.name: migration.checksum for migration in known_migrations().get(schema, ())}
        for name, checksum in applied.items():
            if known.get(name) != checksum:
                raise CannotStart(
                    f"the backup is of another Boxoffice (version {manifest.boxoffice}, with {schema}: {name}): "
                    "restore it with that version or a later one"
                )
    if manifest.bus and manifest.bus > SCHEMA_VERSION:
        raise CannotStart(f"the backup's bus is of a newer Boxoffice ({manifest.bus}): restore it with that one")


async def load(connection: asyncpg.Connection, folder: Path, manifest: Manifest, tell: Tell) -> None:
    """Drop our schemas and make them as the backup has them, brought up to date. Needs a transaction.

    Raises `CannotStart`.
    """
    await connection.execute(f"DROP SCHEMA IF EXISTS {', '.join(SCHEMAS)} CASCADE")
    try:
        for schema, known in known_migrations().items():
            if applied := manifest.migrations.get(schema):
                await apply(connection, schema, [migration for migration in known if migration.name in applied])
        if manifest.bus:
            await connection.execute(SCHEMA.read_text())
            await connection.execute(f"COMMENT ON SCHEMA bus IS 'boxoffice bus {SCHEMA_VERSION}'")
        await _fill(connection, folder, manifest.tables, tell)
        for sequence in manifest.sequences:
            place = f'{sequence.schema}."{sequence.name}"'
            await connection.execute("SELECT setval($1::text::regclass, $2)", place, sequence.last_value)
        for schema, known in known_migrations().items():
            await apply(connection, schema, known)
    except MigrationError as error:
        raise CannotStart(str(error)) from None


async def _fill(connection: asyncpg.Connection, folder: Path, copies: Sequence[TableCopy], tell: Tell) -> None:
    # What migrations put there is in the backup, too, as it was.
    await connection.execute(f"TRUNCATE {', '.join(_place(copy) for copy in copies)} CASCADE")
    for copy in await _referenced_first(connection, copies):
        with gzip.open(folder / copy.file, "rb") as opened:
            rows = cast(BinaryIO, opened)
            status = await connection.copy_to_table(
                copy.name, schema_name=copy.schema, columns=copy.columns, source=rows, format="text"
            )
        if status != f"COPY {copy.rows}":
            raise CannotStart(f"{folder / copy.file} has other rows than were backed up: restore another backup")
        tell(f"{copy.schema}.{copy.name}: {copy.rows:,} rows")


async def _referenced_first(connection: asyncpg.Connection, copies: Sequence[TableCopy]) -> list[TableCopy]:
    """In an order in which every foreign key finds what it refers to."""
    rows = await connection.fetch(
        """
        SELECT n.nspname || '.' || c.relname AS referring, fn.nspname || '.' || f.relname AS referred
          FROM pg_constraint k
          JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
         WHERE k.contype = 'f' AND k.conrelid <> k.confrelid AND n.nspname = ANY($1::text[])
        """,
        SCHEMAS,
    )
    needs = {(row["referring"], row["referred"]) for row in rows}
    waiting, order = list(copies), list[TableCopy]()
    while waiting:
        names = {f"{copy.schema}.{copy.name}" for copy in waiting}
        free = [copy for copy in waiting if not any((f"{copy.schema}.{copy.name}", name) in needs for name in names)]
        if not free:
            raise CannotStart(f"tables refer to each other in a circle: {', '.join(sorted(names))}")
        order += free
        waiting = [copy for copy in waiting if copy not in free]
    return order


def _place(copy: TableCopy) -> str:
    return f'{copy.schema}."{copy.name}"'
