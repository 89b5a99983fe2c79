"""One effect per message and queue, whatever is delivered twice."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared import inbox
from shared.bus import Delivery, Done, Later, Verdict
from shared.database import Pool, close_pool, open_pool, transaction
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
