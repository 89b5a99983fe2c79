"""Who lives and who does not, told from beats that are looked at and never from clocks."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.mailer.presence import BEATS_MISSED, LeaseLost, Presence
from services.mailer.store import Claim
from shared.database import DatabaseUnavailable, Pool, close_pool, open_pool
from tests.bus.faults import FaultProxy
from tests.mailer.test_store import ask

# Short, so that every beat is a look; long, so that none goes stale while a test runs.
AT_ONCE, IN_AN_HOUR = 1e-6, 3600.0


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[FaultProxy]:
    proxy = FaultProxy(migrated_url, 5432)
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
async def far_pool(database: FaultProxy) -> AsyncIterator["Pool[Any]"]:
    pool = await open_pool(database.url, "mailer")
    yield pool
    await close_pool(pool)


async def mailers(pool: "Pool[Any]") -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM mailers")
    return count


async def test_a_mailer_that_stands_still_is_taken_off_at_the_last_of_many_looks(pool: "Pool[Any]") -> None:
    await Presence(pool).beat()
    watching = Presence(pool, AT_ONCE)
    for _ in range(BEATS_MISSED):
        await watching.beat()
    before = await mailers(pool)
    await watching.beat()

    assert (before, await mailers(pool)) == (2, 1)


async def test_a_mailer_that_beats_is_left_in_peace(pool: "Pool[Any]") -> None:
    living, watching = Presence(pool), Presence(pool, AT_ONCE)
    for look in range(4 * BEATS_MISSED):
        if look % (BEATS_MISSED - 1) == 0:
            await living.beat()
        await watching.beat()

    assert await mailers(pool) == 2


async def test_after_the_database_was_away_the_others_have_all_the_time_again(
    pool: "Pool[Any]", far_pool: "Pool[Any]", database: FaultProxy
) -> None:
    living, watching = Presence(pool), Presence(far_pool, AT_ONCE)
    await living.beat()
    for _ in range(BEATS_MISSED):
        await watching.beat()
    await database.stop()
    with pytest.raises(DatabaseUnavailable):
        await watching.beat()
    await database.start()
    for _ in range(BEATS_MISSED - 1):
        await watching.beat()

    assert not (await watching.claimant("1")).steady
    assert await mailers(pool) == 2


async def test_one_that_has_long_been_in_touch_is_steady(pool: "Pool[Any]") -> None:
    watching = Presence(pool, AT_ONCE)
    new = await watching.claimant("1")
    for _ in range(BEATS_MISSED):
        await watching.beat()

    assert not new.steady
    assert (await watching.claimant("1")).steady


async def test_looks_that_follow_at_once_count_as_one(pool: "Pool[Any]") -> None:
    await Presence(pool).beat()
    watching = Presence(pool, IN_AN_HOUR)
    for _ in range(3 * BEATS_MISSED):
        await watching.beat()

    assert await mailers(pool) == 2
    assert not (await watching.claimant("1")).steady


async def test_a_mailer_that_was_taken_off_begins_anew_and_hands_in_nothing_it_had(pool: "Pool[Any]") -> None:
    presence = Presence(pool, IN_AN_HOUR)
    first = await presence.claimant("1")
    claim = await ask(pool, by=first)
    assert isinstance(claim, Claim)
    presence.check(claim)
    await pool.execute("DELETE FROM mailers")
    await presence.beat()

    with pytest.raises(LeaseLost):
        presence.check(claim)
    assert (await presence.claimant("1")).owner != first.owner


async def test_a_mailer_that_could_not_beat_hands_in_nothing(pool: "Pool[Any]") -> None:
    presence = Presence(pool, AT_ONCE)
    claim = await ask(pool, by=await presence.claimant("1"))
    assert isinstance(claim, Claim)

    with pytest.raises(LeaseLost):
        presence.check(claim)


async def test_what_could_not_be_let_go_is_let_go_with_the_next_beat(pool: "Pool[Any]") -> None:
    presence = Presence(pool)
    claim = await ask(pool, by=await presence.claimant("1"))
    assert isinstance(claim, Claim)
    presence.release(claim.key, claim.lease)
    await presence.beat()

    assert isinstance(await ask(pool), Claim)


async def test_one_that_left_leaves_nothing_and_takes_nothing_any_more(pool: "Pool[Any]") -> None:
    presence = Presence(pool)
    await presence.beat()
    await presence.leave()
    await presence.leave()
    await presence.beat()

    assert await mailers(pool) == 0
    with pytest.raises(LeaseLost):
        await presence.claimant("1")
