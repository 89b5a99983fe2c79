"""Where the bus lies in the database that is changed, a message is published by the commit of its change."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from shared import outbox
from shared.bus import Bus, Delivery, Done, Message, Verdict, connect, direct_publisher
from shared.bus.receipts import acknowledge, done
from shared.database import DatabaseUnavailable, Pool, close_pool, open_pool, transaction
from shared.outbox import Relay
from tests.bus.messages import KEY, QUEUE, Recorder, a_message, a_subscription, some_messages
from tests.servers.waiting import eventually
from tests.shared.test_outbox import relaying


@pytest.fixture
async def bus(migrated_url: str) -> AsyncIterator[Bus]:
    made = await connect(migrated_url, source="test", database=migrated_url)
    await made.declare(QUEUE, [KEY])
    yield made
    await made.close(timedelta(0))


@pytest.fixture
async def pool(bus: Bus, migrated_url: str) -> AsyncIterator["Pool[Any]"]:
    made = await open_pool(migrated_url, "orders", publisher=direct_publisher(bus))
    yield made
    await close_pool(made)


async def owe(pool: "Pool[Any]", *messages: Message) -> None:
    async with transaction(pool) as connection:
        await outbox.add(connection, messages)


async def counts(pool: "Pool[Any]") -> tuple[int, int]:
    """Rows in the outbox, and deliveries."""
    outbox = await pool.fetchval("SELECT count(*) FROM outbox")
    return outbox, await pool.fetchval("SELECT count(*) FROM bus.deliveries")


async def test_a_message_is_in_its_queues_with_the_commit_and_never_in_the_outbox(pool: "Pool[Any]", bus: Bus) -> None:
    await bus.declare("test.second", [KEY])
    await owe(pool, *some_messages(3))
    assert await counts(pool) == (0, 6)


async def test_what_is_rolled_back_is_not_published(pool: "Pool[Any]") -> None:
    async with pool.acquire() as connection:
        attempt = connection.transaction()
        await attempt.start()
        await outbox.add(connection, some_messages(3))
        await attempt.rollback()
    assert await counts(pool) == (0, 0)


async def test_consumers_are_woken_after_the_commit(pool: "Pool[Any]", bus: Bus, migrated_url: str) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(migrated_url)
    await listener.add_listener("boxoffice_bus", lambda *told: heard.append(str(told[3])))
    recorder, relay = Recorder(), Relay(pool, bus, direct_publisher(bus))
    await bus.subscribe(a_subscription(), recorder)
    await owe(pool, *some_messages(5))
    assert heard == []

    async def woken() -> bool:
        return bool(heard)

    async with relaying(relay):
        await recorder.until(5)
        # The consumer may have looked by itself before.
        await eventually(woken)
    assert heard == [QUEUE]
    await listener.close()


async def test_a_message_that_no_queue_wants_waits_in_the_outbox_and_its_followers_behind_it(
    pool: "Pool[Any]", bus: Bus
) -> None:
    await owe(pool, a_message(key="test.unwanted.v1", subject="one"))
    await owe(pool, a_message(subject="one"), a_message(subject="two"))
    assert await counts(pool) == (2, 1)
    recorder = Recorder()
    await bus.subscribe(a_subscription(), recorder)
    await bus.declare("test.late", ["test.unwanted.v1"])
    async with relaying(Relay(pool, bus, direct_publisher(bus))):
        await recorder.until(2)


async def test_without_the_buss_schema_messages_go_through_the_outbox(pool: "Pool[Any]", bus: Bus) -> None:
    await pool.execute("DROP SCHEMA bus CASCADE")
    with pytest.raises(DatabaseUnavailable):
        await owe(pool, a_message())
    await owe(pool, a_message())
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1


async def test_a_bus_elsewhere_publishes_nothing_directly(migrated_url: str, database_url: str) -> None:
    bus = await connect(database_url, source="test", database=migrated_url)
    assert direct_publisher(bus) is None
    await bus.close(timedelta(0))


async def test_an_effect_and_its_acknowledgement_are_one_commit(pool: "Pool[Any]", bus: Bus) -> None:
    await pool.execute("CREATE TABLE effects (id text)")
    seen: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()

    async def handle(delivery: Delivery) -> Verdict:
        async with transaction(pool) as connection:
            await connection.execute("INSERT INTO effects VALUES ($1)", delivery.message.id)
            await acknowledge(connection, [delivery])
        seen.set_result(await counts(pool))
        return done(delivery)

    await bus.subscribe(a_subscription(concurrency=1), handle)
    await owe(pool, a_message())
    assert await seen == (0, 0)
    assert await pool.fetchval("SELECT count(*) FROM effects") == 1


async def test_an_acknowledgement_that_is_rolled_back_gives_the_message_back(pool: "Pool[Any]", bus: Bus) -> None:
    attempts: list[int] = []

    async def handle(delivery: Delivery) -> Verdict:
        attempts.append(delivery.attempt)
        async with transaction(pool) as connection:
            await acknowledge(connection, [delivery])
            if len(attempts) == 1:
                raise ZeroDivisionError
        return done(delivery)

    await bus.subscribe(a_subscription(), handle)
    await owe(pool, a_message())

    async def empty() -> bool:
        return await counts(pool) == (0, 0)

    await eventually(empty)
    assert attempts == [1, 2]


async def test_deliveries_from_another_database_have_no_receipt(database_url: str) -> None:
    bus, recorder = await connect(database_url, source="test"), Recorder()
    await bus.subscribe(a_subscription(), recorder)
    await bus.publish([a_message()])
    await recorder.until(1)
    assert recorder.seen[0].receipt is None
    assert done(recorder.seen[0]) == Done()
    await bus.close(timedelta(0))
