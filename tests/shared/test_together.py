"""Group commit: one transaction for what waits, each caller its own outcome."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pytest

from shared.database import Connection, DatabaseUnavailable, Pool, close_pool, open_pool
from shared.together import Together, in_one_transaction


class Refused(Exception):
    pass


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator["Pool[Any]"]:
    pool = await open_pool(database_url, "public")
    await pool.execute("CREATE TABLE kept (n int PRIMARY KEY, txid bigint DEFAULT txid_current())")
    yield pool
    await close_pool(pool)


async def keep(connection: Connection, numbers: Sequence[int]) -> list[int]:
    await connection.execute("INSERT INTO kept (n) SELECT unnest($1::int[])", list(numbers))
    return [number * 10 for number in numbers]


async def kept(pool: "Pool[Any]") -> dict[int, int]:
    return {row["n"]: row["txid"] for row in await pool.fetch("SELECT n, txid FROM kept")}


async def test_everyone_gets_what_was_written_for_them(pool: "Pool[Any]") -> None:
    together = Together(in_one_transaction(pool, keep))
    assert await asyncio.gather(*(together.add(n) for n in range(300))) == [n * 10 for n in range(300)]
    assert set(await kept(pool)) == set(range(300))


async def test_what_comes_while_one_batch_commits_shares_the_next_transaction(pool: "Pool[Any]") -> None:
    together = Together(in_one_transaction(pool, keep))
    first = asyncio.ensure_future(together.add(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.gather(first, *(together.add(n) for n in range(1, 100)))
    transactions = await kept(pool)
    assert len({transactions[n] for n in range(1, 100)}) == 1


async def test_a_batch_holds_no_more_than_it_may(pool: "Pool[Any]") -> None:
    sizes: list[int] = []

    async def count(connection: Connection, numbers: Sequence[int]) -> list[int]:
        sizes.append(len(numbers))
        return list(numbers)

    together = Together(in_one_transaction(pool, count), batch=7)
    await asyncio.gather(*(together.add(n) for n in range(20)))
    assert sum(sizes) == 20
    assert max(sizes) == 7


async def test_work_that_the_database_refuses_fails_alone(pool: "Pool[Any]") -> None:
    await pool.execute("INSERT INTO kept (n) VALUES (250)")
    together = Together(in_one_transaction(pool, keep), batch=500)
    outcomes = await asyncio.gather(*(together.add(n) for n in range(500)), return_exceptions=True)
    assert isinstance(outcomes[250], asyncpg.UniqueViolationError)
    assert [n for n in range(500) if outcomes[n] == n * 10] == [n for n in range(500) if n != 250]
    assert set(await kept(pool)) == set(range(500))


async def test_a_deadlock_is_tried_again(pool: "Pool[Any]") -> None:
    tries: list[int] = []

    async def unlucky(connection: Connection, numbers: Sequence[int]) -> list[int]:
        tries.append(len(numbers))
        if len(tries) < 3:
            raise asyncpg.DeadlockDetectedError
        return await keep(connection, numbers)

    assert await Together(in_one_transaction(pool, unlucky)).add(1) == 10
    assert tries == [1, 1, 1]


async def test_a_database_that_goes_away_is_told_to_everyone_in_the_batch(pool: "Pool[Any]") -> None:
    async def lost(connection: Connection, numbers: Sequence[int]) -> list[int]:
        connection.terminate()
        return await keep(connection, numbers)

    together = Together(in_one_transaction(pool, lost))
    outcomes = await asyncio.gather(*(together.add(n) for n in range(5)), return_exceptions=True)
    assert all(isinstance(outcome, DatabaseUnavailable) for outcome in outcomes)
    assert await kept(pool) == {}


async def test_after_a_failure_the_next_work_is_written(pool: "Pool[Any]") -> None:
    failing = True

    async def once(connection: Connection, numbers: Sequence[int]) -> list[int]:
        if failing:
            raise Refused
        return await keep(connection, numbers)

    together = Together(in_one_transaction(pool, once))
    with pytest.raises(Refused):
        await together.add(1)
    failing = False
    assert await together.add(2) == 20


async def test_work_whose_caller_leaves_before_its_batch_begins_is_left_out(pool: "Pool[Any]") -> None:
    together = Together(in_one_transaction(pool, keep), batch=1)
    first, second, third = (asyncio.ensure_future(together.add(n)) for n in (1, 2, 3))
    await asyncio.sleep(0)
    second.cancel()
    assert (await first, await third) == (10, 30)
    assert set(await kept(pool)) == {1, 3}


async def test_a_commit_is_told_once_a_batch(pool: "Pool[Any]") -> None:
    told: list[str] = []
    together = Together(in_one_transaction(pool, keep, on_commit=lambda: told.append("committed")), batch=100)
    await asyncio.gather(*(together.add(n) for n in range(100)))
    assert told == ["committed"]
