"""One effect per message and queue, whatever is delivered twice."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from shared import inbox
from shared.bus import Delivery, Done, Later, Verdict
from shared.database import Pool, close_pool, open_pool, transaction
from shared.housekeeping import forget_old_messages
from tests.bus.brokers import open_bus
from tests.bus.messages import QUEUE, Recorder, a_message, a_subscription, published


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator["Pool[Any]"]:
    made = await open_pool(migrated_url, "tickets")
    await made.execute("CREATE TABLE effects (message_id text)")
    yield made
    await close_pool(made)


async def effect_once(pool: "Pool[Any]", queue: str, message_id: str) -> bool:
    async with transaction(pool) as connection:
        first = await inbox.first_time(connection, queue, message_id)
        if first:
            await connection.execute("INSERT INTO effects VALUES ($1)", message_id)
        return first


async def test_the_second_time_is_not_the_first(pool: "Pool[Any]") -> None:
    assert await effect_once(pool, QUEUE, "one")
    assert not await effect_once(pool, QUEUE, "one")
    assert await effect_once(pool, QUEUE, "another")
    assert await effect_once(pool, "another.queue", "one")


async def test_an_effect_rolled_back_may_be_had_again(pool: "Pool[Any]") -> None:
    async def fail_after() -> None:
        async with transaction(pool) as connection:
            assert await inbox.first_time(connection, QUEUE, "one")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after()
    assert await effect_once(pool, QUEUE, "one")


async def test_simultaneous_deliveries_have_one_effect(pool: "Pool[Any]") -> None:
    firsts = await asyncio.gather(*(effect_once(pool, QUEUE, "one") for _ in range(30)))
    assert sum(firsts) == 1
    assert await pool.fetchval("SELECT count(*) FROM effects") == 1


async def test_a_message_published_again_and_retried_has_one_effect(pool: "Pool[Any]", migrated_url: str) -> None:
    bus, recorder, repeated = await open_bus(migrated_url), Recorder(), a_message()

    async def handle(delivery: Delivery) -> Verdict:
        await effect_once(pool, delivery.queue, delivery.message.id)
        await recorder(delivery)
        return Later("committed, and then something failed") if delivery.attempt == 1 else Done()

    await bus.subscribe(a_subscription(), handle)
    await published(bus, *[repeated] * 10)
    await recorder.until(20)
    await bus.close()
    assert await pool.fetchval("SELECT array_agg(message_id) FROM effects") == [repeated.id]


async def test_ids_are_forgotten_when_their_time_is_over_and_no_sooner(pool: "Pool[Any]") -> None:
    await pool.execute(
        "INSERT INTO inbox SELECT $1, n::text, now() - n * interval '1 hour' FROM generate_series(1, 48) n", QUEUE
    )
    assert await forget_old_messages(pool, kept=timedelta(hours=23, minutes=30), batch=7) == 25
    assert not await effect_once(pool, QUEUE, "23")
    assert await effect_once(pool, QUEUE, "24")


async def test_services_side_by_side_forget_each_id_once(pool: "Pool[Any]") -> None:
    await pool.execute(
        "INSERT INTO inbox SELECT $1, n::text, now() - interval '1 day' FROM generate_series(1, 500) n", QUEUE
    )
    sweeps = (forget_old_messages(pool, timedelta(hours=1), batch=20) for _ in range(5))
    assert sum(await asyncio.gather(*sweeps)) == 500
    assert await pool.fetchval("SELECT count(*) FROM inbox") == 0


async def test_forgetting_waits_for_nobody(pool: "Pool[Any]") -> None:
    await pool.execute(
        "INSERT INTO inbox SELECT $1, n::text, now() - interval '1 day' FROM generate_series(1, 9) n", QUEUE
    )
    async with transaction(pool) as another:
        await another.execute("SELECT FROM inbox WHERE message_id = '5' FOR UPDATE")
        assert await forget_old_messages(pool, timedelta(hours=1)) == 8
    assert await forget_old_messages(pool, timedelta(hours=1)) == 1
