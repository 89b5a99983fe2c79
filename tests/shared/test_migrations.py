"""Bringing schemas up to date, on a real database."""

import asyncio

import asyncpg
import pytest

from shared.migrations import SERVICES, MigrationError, migrate, migrations_of


async def applied(url: str) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    try:
        return {name: await connection.fetchval(f"SELECT count(*) FROM {name}.migrations") for name in SERVICES}
    finally:
        await connection.close()


async def test_every_service_gets_its_schema_and_a_second_run_does_nothing(database_url: str) -> None:
    assert await migrate(database_url) != []
    assert await migrate(database_url) == []
    assert await applied(database_url) == {name: len(migrations_of(name)) for name in SERVICES}


async def test_runs_side_by_side_apply_each_file_once(database_url: str) -> None:
    done = await asyncio.gather(*(migrate(database_url) for _ in range(4)))
    assert sorted(len(names) for names in done)[:3] == [0, 0, 0]
    assert await applied(database_url) == {name: len(migrations_of(name)) for name in SERVICES}


async def test_a_database_newer_than_the_code_is_refused(migrated_url: str) -> None:
    connection = await asyncpg.connect(migrated_url)
    await connection.execute("INSERT INTO orders.migrations (name, checksum) VALUES ('orders/9999_later.sql', '')")
    await connection.close()
    with pytest.raises(MigrationError, match="newer than this version"):
        await migrate(migrated_url)


async def test_a_file_changed_after_it_was_applied_is_refused(migrated_url: str) -> None:
    connection = await asyncpg.connect(migrated_url)
    await connection.execute("UPDATE mailer.migrations SET checksum = 'other'")
    await connection.close()
    with pytest.raises(MigrationError, match="changed after it was applied"):
        await migrate(migrated_url)
