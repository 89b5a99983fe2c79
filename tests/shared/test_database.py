"""What an error of the database says: that nothing was done, or that it can't be told."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from shared.database import Commits, DatabaseUnavailable, OutcomeUnknown, Pool, close_pool, open_pool, transaction

# Something that happens at COMMIT, after everything was written.
AT_COMMIT = """
    CREATE TABLE notes (note text);
    CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {what}; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION at_commit();
"""
SESSION_ENDS = "PERFORM pg_terminate_backend(pg_backend_pid())"
DISK_FULL = "RAISE EXCEPTION USING ERRCODE = 'disk_full'"


@pytest.fixture
async def pool(database_url: str) -> "AsyncIterator[Pool[Any]]":
    pool = await open_pool(database_url, "public")
    yield pool
    await close_pool(pool)


async def add_note(pool: "Pool[Any]", and_then: str = "SELECT 1") -> None:
    async with transaction(pool) as held:
        await held.execute("INSERT INTO notes VALUES ('a')")
        await held.execute(and_then)


async def test_a_session_that_ends_while_it_commits_leaves_the_outcome_unknown(pool: "Pool[Any]") -> None:
    await pool.execute(AT_COMMIT.format(what=SESSION_ENDS))
    commits = Commits.watched()
    with pytest.raises(OutcomeUnknown):
        await add_note(pool)
    assert not commits.any


async def test_a_commit_that_postgres_refused_is_known_not_to_have_taken_place(pool: "Pool[Any]") -> None:
    await pool.execute(AT_COMMIT.format(what=DISK_FULL))
    with pytest.raises(DatabaseUnavailable) as raised:
        await add_note(pool)
    assert not isinstance(raised.value, OutcomeUnknown)
    assert await pool.fetchval("SELECT count(*) FROM notes") == 0


async def test_a_session_that_ends_before_it_commits_has_done_nothing(pool: "Pool[Any]") -> None:
    await pool.execute("CREATE TABLE notes (note text)")
    with pytest.raises(DatabaseUnavailable) as raised:
        await add_note(pool, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert not isinstance(raised.value, OutcomeUnknown)
    assert await pool.fetchval("SELECT count(*) FROM notes") == 0


async def test_what_was_committed_is_noted_for_the_work_at_hand(pool: "Pool[Any]") -> None:
    await pool.execute("CREATE TABLE notes (note text)")
    commits = Commits.watched()
    assert not commits.any
    await add_note(pool)
    assert commits.any


@pytest.mark.parametrize("state", ["53100", "53200", "53300", "53400", "25006", "58000", "58030", "57P01", "57P03"])
async def test_a_server_that_takes_no_writes_is_unavailable(pool: "Pool[Any]", state: str) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with transaction(pool) as held:
            await held.execute(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$")


async def test_a_database_that_is_not_there_is_unavailable(database_url: str) -> None:
    pool = await open_pool(urlsplit(database_url)._replace(path="/nobody-made-it").geturl(), "public")
    try:
        with pytest.raises(DatabaseUnavailable) as raised:
            await add_note(pool)
        assert isinstance(raised.value.__cause__, asyncpg.InvalidCatalogNameError)
    finally:
        await close_pool(pool)
