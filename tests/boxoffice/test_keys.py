"""`boxoffice keys`: a key is seen once, and what is kept opens nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from services.orders import store
from services.orders.organisers import doorkeeper
from shared.api_keys import Caller, hash_of, is_key, shown
from shared.database import Pool, close_pool, connection, open_pool
from shared.messages import ApiKeyChanged, read
from tests.boxoffice.running import Told, boxoffice

Run = Callable[..., Awaitable[Told]]


@pytest.fixture
def run(migrated_url: str) -> Run:
    async def keys(*words: str) -> Told:
        return await boxoffice("keys", *words, DATABASE_URL=migrated_url)

    return keys


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator["Pool[Any]"]:
    opened = await open_pool(migrated_url, "orders")
    yield opened
    await close_pool(opened)


async def caller_with(pool: "Pool[Any]", key: str) -> Caller | None:
    async with connection(pool) as held:
        return await store.caller(held, hash_of(key))


async def told(pool: "Pool[Any]") -> list[ApiKeyChanged]:
    """What the others will hear, in order."""
    return [read(ApiKeyChanged, row["body"]) for row in await pool.fetch("SELECT body FROM outbox ORDER BY position")]


async def test_a_key_is_printed_once_and_only_its_hash_is_kept(run: Run, pool: "Pool[Any]") -> None:
    made = await run("create", "--organiser", "Lakeside", "--rights", "check-in,read")
    key = made.out.strip()
    assert (made.code, made.err, made.out) == (0, "", f"{key}\n")
    assert is_key(key)
    caller = await caller_with(pool, key)
    assert caller
    assert (caller.name, set(caller.rights)) == ("Lakeside", {"read", "check-in"})
    for table in ("api_keys", "outbox", "organisers"):
        dump = "".join(str(dict(row)) for row in await pool.fetch(f"SELECT * FROM {table}"))
        assert key not in dump
        assert key[len(shown(key)) :] not in dump
    (listed,) = (await run("list", "--json")).json
    assert listed["prefix"] == shown(key)
    assert key not in (await run("list")).out


async def test_others_hear_of_a_key_with_the_commit_that_makes_or_revokes_it(run: Run, pool: "Pool[Any]") -> None:
    made = (await run("create", "--organiser", "Lakeside", "--json")).json
    assert made["rights"] == ["read", "write", "check-in"]
    assert (await run("revoke", made["id"])).code == 0
    assert (await run("revoke", made["id"])).code == 0, "once more changes nothing"
    first, second = await told(pool)
    assert (first.id, first.hash, first.rights) == (made["id"], hash_of(made["key"]).hex(), tuple(made["rights"]))
    assert [(fact.organiser.name, fact.revoked) for fact in (first, second)] == [
        ("Lakeside", False),
        ("Lakeside", True),
    ]
    assert await caller_with(pool, made["key"]) is None
    (listed,) = (await run("list", "--organiser", "Lakeside", "--json")).json
    assert listed["revoked_at"]


async def test_its_last_use_is_noted_at_most_once_a_minute(run: Run, pool: "Pool[Any]") -> None:
    key = (await run("create", "--organiser", "Lakeside")).out.strip()
    noted = "SELECT last_used_at FROM api_keys"
    assert await pool.fetchval(noted) is None
    await caller_with(pool, key)
    first = await pool.fetchval(noted)
    await caller_with(pool, key)
    assert await pool.fetchval(noted) == first
    await pool.execute("UPDATE api_keys SET last_used_at = now() - interval '61 seconds'")
    await caller_with(pool, key)
    assert await pool.fetchval(noted) > first


async def test_a_key_opens_the_service_that_was_running_before_it(run: Run, pool: "Pool[Any]") -> None:
    door = doorkeeper(pool)
    key = (await run("create", "--organiser", "Lakeside")).out.strip()
    assert await door.behind(key)


async def test_what_can_not_be_done_is_told_in_a_line(run: Run) -> None:
    await run("create", "--organiser", "Lakeside")
    for words, code, says in (
        (("create",), 2, "--organiser"),
        (("create", "--organiser", " "), 2, "printable"),
        (("create", "--organiser", "\u200b\u3164"), 2, "printable"),
        (("create", "--organiser", "x", "--rights", "everything"), 2, "everything"),
        (("revoke", "nonsense"), 1, "no key has the id nonsense"),
    ):
        done = await run(*words)
        assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
        assert says in done.err


async def test_a_database_without_our_schema_is_told(database_url: str) -> None:
    done = await boxoffice("keys", "list", DATABASE_URL=database_url)
    assert done.code == 1
    assert "boxoffice migrate" in done.err
