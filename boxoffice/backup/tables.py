"""The database's side of a backup: every table of our schemas, as one snapshot shows them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from boxoffice.backup.manifest import TABLES, SequenceState, TableCopy
from boxoffice.backup.writing import HashedFile
from boxoffice.failures import CannotStart
from boxoffice.schemas import session
from shared.bus.postgres.sessions import SCHEMA_VERSION
from shared.migrations import LOCK, SERVICES

SCHEMAS = (*SERVICES, "flags", "bus")
ESSENTIAL = ("orders.organisers", "orders.events", "orders.orders", "flags.settings")
# What is written down must read the same on any server, whatever its settings.
PLAIN = """
    SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;
    SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET timezone = 'UTC'; SET bytea_output = 'hex';
    SET extra_float_digits = 1; SET client_encoding = 'UTF8'; SET synchronous_commit = 'on'
"""
# A migration takes seconds; whoever holds its lock for longer has stopped.
LOCK_SECONDS = 60.0
LOCK_POLL_SECONDS = 0.1

Tell = Callable[[str], None]


@asynccontextmanager
async def snapshot(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that sees one moment, with no migration beside it: tables made anew would look empty.

    Raises `CannotStart`.
    """
    async with session(url, "pg_catalog") as connection:
        await connection.execute(PLAIN)
        await _keep_migrations_out(connection)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection


async def migrations(connection: asyncpg.Connection) -> dict[str, dict[str, str]]:
    """By schema and name the checksums of what was applied. Raises `CannotStart` when a service's schema is missing."""
    there = {row["nspname"] for row in await connection.fetch("SELECT nspname FROM pg_namespace")}
    if missing := [schema for schema in SERVICES if schema not in there]:
        raise CannotStart(
            f"the database has no schema {missing[0]}: run `boxoffice migrate`, or use your database's own "
            "backup where the services have databases of their own"
        )
    return {
        schema: {
            row["name"]: row["checksum"]
            for row in await connection.fetch(f"SELECT name, checksum FROM {schema}.migrations ORDER BY name")  # noqa: S608
        }
        for schema in (*SERVICES, "flags")
        if schema in there
    }


async def bus_version(connection: asyncpg.Connection) -> int | None:
    """Of the Postgres bus's schema in this database; None where there is none."""
    comment = await connection.fetchval("SELECT obj_description(to_regnamespace('bus'), 'pg_namespace')")
    version = int(comment.rpartition(" ")[2]) if comment else None
    if version and version > SCHEMA_VERSION:
        raise CannotStart(f"the bus's schema is of a newer Boxoffice ({version}): use that one")
    return version


async def copy_tables(connection: asyncpg.Connection, folder: Path, tell: Tell) -> list[TableCopy]:
    """Raises `CannotStart` when the disk doesn't take them."""
    (folder / TABLES).mkdir(mode=0o700)
    found = await _tables(connection)
    return [await _copy(connection, folder, row["schema"], row["name"], row["columns"], tell) for row in found]


async def sequences(connection: asyncpg.Connection) -> list[SequenceState]:
    """Those that were ever used. They know no snapshot: read now they are at, or past, what the snapshot shows."""
    rows = await connection.fetch(
        "SELECT schemaname AS schema, sequencename AS name, last_value FROM pg_sequences "
        "WHERE schemaname = ANY($1::text[]) AND last_value IS NOT NULL ORDER BY 1, 2",
        SCHEMAS,
    )
    return [SequenceState(row["schema"], row["name"], row["last_value"]) for row in rows]


async def is_empty(connection: asyncpg.Connection) -> bool:
    """Whether nothing would be lost: none of what everything else is about. Migrations and services leave rows of their
    own in other tables."""
    for table in ESSENTIAL:
        there = await connection.fetchval("SELECT to_regclass($1::text) IS NOT NULL", table)
        if there and await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})"):  # noqa: S608
            return False
    return True


async def _copy(
    connection: asyncpg.Connection, folder: Path, schema: str, name: str, columns: Sequence[str], tell: Tell
) -> TableCopy:
    listed = ", ".join(f'"{column}"' for column in columns)
    file = f"{TABLES}/{schema}.{name}.copy.gz"
    with HashedFile(folder / file, compressed=True) as output:
        query = f'SELECT {listed} FROM {schema}."{name}"'  # noqa: S608
        status = await connection.copy_from_query(query, output=output.take, format="text")
    rows = int(status.rpartition(" ")[2])
    tell(f"{schema}.{name}: {rows:,} rows")
    return TableCopy(schema, name, tuple(columns), rows, file, output.size, output.sha256)


async def _tables(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """A partitioned table once, without its partitions; columns without generated ones."""
    found: list[asyncpg.Record] = await connection.fetch(
        """
        SELECT n.nspname AS schema, c.relname AS name,
               ARRAY(SELECT attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
                        AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum) AS columns
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = ANY($1::text[]) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
         ORDER BY 1, 2
        """,
        SCHEMAS,
    )
    return found


async def _keep_migrations_out(connection: asyncpg.Connection) -> None:
    try:
        async with asyncio.timeout(LOCK_SECONDS):
            while not await connection.fetchval("SELECT pg_try_advisory_lock_shared($1)", LOCK):
                await asyncio.sleep(LOCK_POLL_SECONDS)
    except TimeoutError:
        raise CannotStart("the database's schemas are being changed: try again when that is done") from None
