"""What only Postgres does to us."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from shared.bus import Bus, BusUnavailable
from shared.bus.postgres import queries
from shared.bus.postgres.sessions import Sessions
from tests.bus.brokers import healthy, open_bus
from tests.bus.messages import KEY, QUEUE, Recorder, a_message, a_subscription, published, some_messages
from tests.servers.waiting import eventually


@pytest.fixture
async def bus(database_url: str) -> AsyncIterator[Bus]:
    made = await open_bus(database_url, "orders")
    yield made
    await made.close(timedelta(0))


@pytest.fixture
async def operator(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_many_processes_may_make_the_schema_at_once(database_url: str) -> None:
    all_sessions = [await Sessions.open(database_url, "test", size=1, durable=True) for _ in range(10)]

    async def install(sessions: Sessions) -> None:
        async with sessions.use() as connection:
            assert await connection.fetchval("SELECT count(*) FROM bus.deliveries") == 0

    await asyncio.gather(*(install(sessions) for sessions in all_sessions))
    await asyncio.gather(*(sessions.close() for sessions in all_sessions))


async def test_a_schema_of_a_newer_version_is_left_alone(
    bus: Bus, database_url: str, operator: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await bus.declare(QUEUE, [KEY])
    await operator.execute("COMMENT ON SCHEMA bus IS 'boxoffice bus 99'")
    older = await open_bus(database_url)
    (outcome,) = await older.publish([a_message()])
    await older.close()
    assert isinstance(outcome, BusUnavailable)
    assert "newer" in str(outcome)


async def test_a_schema_that_was_dropped_is_made_again_and_served(
    bus: Bus, operator: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    recorder, after = Recorder(), a_message()
    await bus.subscribe(a_subscription(), recorder)

    async def dropped() -> bool:
        await operator.execute("DROP SCHEMA bus CASCADE")
        return True

    # It locks one table after the other, and may meet a look into the queue that does so, too.
    await eventually(dropped, ignoring=(asyncpg.DeadlockDetectedError,))

    async def taken_again() -> bool:
        return (await bus.publish([after])) == [None]

    await eventually(taken_again)
    await recorder.until(1)


async def test_terminated_backends_are_got_over(bus: Bus, operator: "asyncpg.Connection[asyncpg.Record]") -> None:
    recorder = Recorder()
    await bus.subscribe(a_subscription(), recorder)
    for round_ in range(1, 4):
        await healthy(bus)
        await published(bus, *some_messages(5))
        await recorder.until(round_ * 5)
        killed = await operator.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE application_name LIKE 'boxoffice-orders-%' AND datname = current_database()"
        )
        assert killed >= 2

        async def noticed() -> bool:
            return not bus.healthy()

        await eventually(noticed)


async def test_an_uncommitted_reader_does_not_hide_or_block_messages(
    bus: Bus, operator: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    recorder, locked = Recorder(), a_message()
    await bus.declare(QUEUE, [KEY])
    await published(bus, locked)
    async with operator.transaction():
        await operator.fetch("SELECT * FROM bus.deliveries FOR UPDATE")
        await bus.subscribe(a_subscription(), recorder)
        others = some_messages(5)
        await published(bus, *others)
        await recorder.until(5)
        assert locked.id not in recorder.ids
    await recorder.until(6)


async def test_a_message_is_kept_once_for_all_its_queues_and_goes_when_the_last_has_settled_it(
    bus: Bus, database_url: str, operator: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    recorder, sessions = Recorder(), await Sessions.open(database_url, "test", size=1, durable=False)
    await bus.declare("tests.second", [KEY])
    await bus.subscribe(a_subscription(), recorder)
    await published(bus, *some_messages(5))
    await recorder.until(5)

    async def left() -> tuple[int, int]:
        await queries.sweep(sessions)
        deliveries = await operator.fetchval("SELECT count(*) FROM bus.deliveries")
        return deliveries, await operator.fetchval("SELECT count(*) FROM bus.messages")

    async def one_queue_is_done() -> bool:
        return await left() == (5, 5)

    async def both_are() -> bool:
        return await left() == (0, 0)

    await eventually(one_queue_is_done)
    await bus.subscribe(a_subscription("tests.second"), recorder)
    await eventually(both_are)
    await sessions.close()


async def test_messages_of_the_first_schema_are_delivered_by_the_second(
    database_url: str, operator: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await operator.execute(
        """
        CREATE SCHEMA bus;
        CREATE TABLE bus.deliveries (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, queue text NOT NULL, message_id text NOT NULL,
            key text NOT NULL, subject text NOT NULL, body bytea NOT NULL, attempts integer NOT NULL DEFAULT 0,
            available_at timestamptz, token uuid, enqueued_at timestamptz NOT NULL DEFAULT now()
        );
        COMMENT ON SCHEMA bus IS 'boxoffice bus 1';
        """
    )
    messages = some_messages(3)
    await operator.executemany(
        "INSERT INTO bus.deliveries (queue, message_id, key, subject, body) VALUES ($1, $2, $3, $4, $5)",
        [(QUEUE, each.id, each.key, each.subject, each.body) for each in messages],
    )
    bus, recorder = await open_bus(database_url), Recorder()
    await bus.subscribe(a_subscription(), recorder)
    await recorder.until(3)
    assert sorted(recorder.ids) == sorted(message.id for message in messages)
    assert {message.body for message in recorder.seen_messages} == {messages[0].body}
    await bus.close()
