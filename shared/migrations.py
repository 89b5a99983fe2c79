"""Brings the schemas up to date: numbered `.sql` files, each in one transaction, each applied once.

Each service's schema gets the tables of `shared/messaging` and then those of `services/NAME/migrations`; the
feature flags, which are no service's, have a schema with those of `shared/flags/migrations`.
Safe to run twice and side by side.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import asyncpg

SERVICES = ("orders", "tickets", "mailer")
ROOT = Path(__file__).parent.parent
# Any fixed number does: it names our advisory lock among those of the database.
LOCK = 0x626F786F
LOCK_POLL_SECONDS = 0.1


class MigrationError(Exception):
    """The schema can't be brought up to date; says which file and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """`name` is `folder/file`, unique within a schema; `checksum` guards against edits after the fact."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return sha256(self.sql.encode()).hexdigest()


def migrations_of(service: str) -> list[Migration]:
    """The service's migrations in the order they apply."""
    return migrations_in("shared/messaging", f"services/{service}/migrations")


def migrations_in(*folders: str) -> list[Migration]:
    """Those of one folder after those of the other."""
    files = [file for folder in folders for file in sorted((ROOT / folder).glob("*.sql"))]
    return [Migration(f"{file.parent.parent.name}/{file.name}", file.read_text()) for file in files]


def known_migrations() -> dict[str, list[Migration]]:
    """By schema, all that this code knows."""
    flags = {"flags": migrations_in("shared/flags/migrations")}
    return {service: migrations_of(service) for service in SERVICES} | flags


async def migrate(url: str) -> list[str]:
    """Apply what is missing in every service's schema; returns the names of what was applied.

    Raises `MigrationError` when the database is newer than this code, or an applied file was changed.
    """
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await _lock(connection)
        return [name for schema, known in known_migrations().items() for name in await apply(connection, schema, known)]
    finally:
        await connection.close()


async def _lock(connection: asyncpg.Connection) -> None:
    """Poll for the lock: waiting inside `pg_advisory_lock` deadlocks with CREATE INDEX CONCURRENTLY."""
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
        await asyncio.sleep(LOCK_POLL_SECONDS)


async def apply(connection: asyncpg.Connection, schema: str, known: Sequence[Migration]) -> list[str]:
    """Bring one schema up to date with `known`; the names of what was applied. Raises `MigrationError`."""
    await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    await connection.execute(f"SET search_path = {schema}")
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations "
        "(name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    rows = await connection.fetch("SELECT name, checksum FROM migrations")
    done = {row["name"]: row["checksum"] for row in rows}
    _refuse_surprises(schema, known, done)
    missing = [migration for migration in known if migration.name not in done]
    for migration in missing:
        await _apply(connection, schema, migration)
    return [f"{schema}: {migration.name}" for migration in missing]


def _refuse_surprises(schema: str, known: Sequence[Migration], done: dict[str, str]) -> None:
    checksums = {migration.name: migration.checksum for migration in known}
    for name, checksum in sorted(done.items()):
        if name not in checksums:
            raise MigrationError(
                f"schema {schema} is newer than this version of Boxoffice (it has {name}): "
                "start the version that made it, or a later one"
            )
        if checksums[name] != checksum:
            raise MigrationError(f"schema {schema}: {name} was changed after it was applied: add a new file instead")


async def _apply(connection: asyncpg.Connection, schema: str, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO migrations (name, checksum) VALUES ($1, $2)", migration.name, migration.checksum
            )
    except asyncpg.PostgresError as error:
        raise MigrationError(f"schema {schema}: {migration.name} failed: {error}") from error
