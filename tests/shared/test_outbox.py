"""Messages leave with their change, once confirmed, in order per subject, and nobody stops the others."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from shared import outbox
from shared.bus import Bus, BusUnavailable, Message, Unroutable
from shared.bus.protocol import MAX_MESSAGE_BYTES, TooLarge, Unsendable
from shared.database import Pool, close_pool, open_pool, transaction
from shared.identifiers import uuid7
from shared.lookback import FOREVER, Reach
from shared.outbox import Relay, rows
from tests.bus.brokers import open_bus
from tests.bus.faults import FaultProxy
from tests.bus.messages import KEY, QUEUE, Recorder, a_message, a_subscription, some_messages
from tests.servers.waiting import eventually

ALL = Reach(first_id=0, due_within=FOREVER)


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator["Pool[Any]"]:
    made = await open_pool(migrated_url, "orders")
    yield made
    await close_pool(made)


@pytest.fixture
async def bus(migrated_url: str) -> AsyncIterator[Bus]:
    made = await open_bus(migrated_url)
    await made.declare(QUEUE, [KEY])
    yield made
    await made.close(timedelta(0))


async def owe(pool: "Pool[Any]", *messages: Message) -> None:
    async with transaction(pool) as connection:
        await outbox.add(connection, messages)


@asynccontextmanager
async def relaying(*relays: Relay) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ended)


async def emptied(relay: Relay, left: int = 0) -> None:
    async def down_to() -> bool:
        return (await relay.backlog()).count == left

    await eventually(down_to)


async def test_a_relay_that_gives_way_to_a_crowd_still_moves_on(pool: "Pool[Any]", bus: Bus) -> None:
    relay, recorder, messages = Relay(pool, bus), Recorder(), some_messages(1200)
    await bus.subscribe(a_subscription(), recorder)
    await owe(pool, *messages)
    asked: list[bool] = []

    def crowded() -> bool:
        asked.append(True)
        return True

    relaying_all = asyncio.create_task(relay.run(crowded))
    await emptied(relay)
    relaying_all.cancel()
    await recorder.until(1200)
    assert {message.id for message in messages} == set(recorder.ids)
    # It looked up between its rounds, three at least.
    assert len(asked) >= 3


async def test_what_is_committed_is_published_and_removed(pool: "Pool[Any]", bus: Bus) -> None:
    relay, recorder, messages = Relay(pool, bus), Recorder(), some_messages(1200)
    await bus.subscribe(a_subscription(), recorder)
    await owe(pool, *messages)
    async with relaying(relay):
        await recorder.until(1200)
        await emptied(relay)
    assert sorted(recorder.ids) == sorted(message.id for message in messages)
    assert recorder.seen[0].message in messages


async def test_what_is_rolled_back_is_never_published(pool: "Pool[Any]", bus: Bus) -> None:
    relay = Relay(pool, bus)

    async def fail_after() -> None:
        async with transaction(pool) as connection:
            await outbox.add(connection, some_messages(3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after()
    assert await relay.backlog() == outbox.Backlog(count=0, parked=0, oldest=None)


async def test_a_woken_relay_does_not_wait_for_its_poll(
    pool: "Pool[Any]", bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.outbox.relay.POLL_SECONDS", 3600.0)
    relay, recorder = Relay(pool, bus), Recorder()
    await bus.subscribe(a_subscription(), recorder)
    async with relaying(relay):
        for count in range(1, 6):
            await owe(pool, a_message())
            relay.wake()
            await recorder.until(count)


async def test_many_relays_publish_each_message_once_and_in_order_per_subject(pool: "Pool[Any]", bus: Bus) -> None:
    relays, recorder = [Relay(pool, bus) for _ in range(4)], Recorder()
    subjects = [f"subject-{number}" for number in range(15)]
    messages = [a_message(subject=subject) for _ in range(12) for subject in subjects]
    await bus.subscribe(a_subscription(concurrency=1), recorder)
    async with relaying(*relays):
        for message in messages:
            await owe(pool, message)
            relays[0].wake()
        await recorder.until(len(messages))
        await emptied(relays[0])
    for subject in subjects:
        assert of_subject(recorder.seen_messages, subject) == of_subject(messages, subject)


def of_subject(messages: Sequence[Message], subject: str) -> list[str]:
    return [message.id for message in messages if message.subject == subject]


async def test_a_message_without_a_queue_is_parked_and_the_others_go(pool: "Pool[Any]", bus: Bus) -> None:
    relay, recorder, others = Relay(pool, bus), Recorder(), some_messages(10)
    await bus.subscribe(a_subscription(), recorder)
    early = a_message("nobody.listens.v1")
    async with relaying(relay):
        await owe(pool, early, *others)
        await recorder.until(10)
        await emptied(relay, left=1)
        await bus.subscribe(a_subscription("late.comer", ["nobody.listens.v1"]), recorder)
        await recorder.until(11)
        await emptied(relay)
    assert recorder.ids[-1] == early.id


async def test_a_later_message_waits_behind_a_parked_one_of_its_subject(pool: "Pool[Any]", bus: Bus) -> None:
    relay, recorder, other = Relay(pool, bus), Recorder(), a_message(subject="another")
    await bus.subscribe(a_subscription(), recorder)
    first, second = a_message("nobody.listens.v1"), a_message()
    async with relaying(relay):
        await owe(pool, first, second, other)
        await emptied(relay, left=2)
        assert recorder.ids == [other.id]
        await bus.declare("late.comer", ["nobody.listens.v1"])
        await emptied(relay)
        await recorder.until(2)
    assert recorder.ids == [other.id, second.id]


async def owed_by_an_older_version(pool: "Pool[Any]", message: Message) -> None:
    """A row that `add` would refuse."""
    await pool.execute(
        "INSERT INTO outbox (message_id, key, subject, body) VALUES ($1, $2, $3, $4)",
        *(message.id, message.key, message.subject, message.body),
    )


async def test_a_message_that_no_bus_can_take_is_refused_with_the_change_it_reports(pool: "Pool[Any]") -> None:
    fits, huge = a_message(body=b"x" * MAX_MESSAGE_BYTES), a_message(body=b"x" * (MAX_MESSAGE_BYTES + 1))
    with pytest.raises(TooLarge):
        await owe(pool, fits, huge)
    with pytest.raises(Unsendable):
        await owe(pool, Message(str(uuid7()), "Not A Key", "", b"{}"))
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0
    await owe(pool, fits)
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1


async def test_a_message_that_can_never_be_sent_holds_up_nobody(pool: "Pool[Any]", bus: Bus) -> None:
    relay, recorder = Relay(pool, bus), Recorder()
    await bus.subscribe(a_subscription(), recorder)
    huge, behind = a_message(body=b"x" * (MAX_MESSAGE_BYTES + 1)), a_message()
    async with relaying(relay):
        await owed_by_an_older_version(pool, huge)
        await owe(pool, behind)
        await recorder.until(1)
        await emptied(relay, left=1)
    assert recorder.ids == [behind.id]
    assert (await relay.backlog()).parked == 1


async def test_an_outage_of_the_broker_keeps_the_backlog_and_uses_up_nothing(
    pool: "Pool[Any]", migrated_url: str
) -> None:
    proxy, recorder, messages = FaultProxy(migrated_url, 5432), Recorder(), some_messages(30)
    await proxy.start()
    bus = await open_bus(proxy.url)
    relay = Relay(pool, bus)
    await bus.subscribe(a_subscription(), recorder)
    await proxy.stop()
    async with relaying(relay):
        await owe(pool, *messages[:20])

        async def noticed() -> bool:
            return not bus.healthy()

        await eventually(noticed)
        await owe(pool, *messages[20:])
        backlog = await relay.backlog()
        assert (backlog.count, backlog.parked) == (30, 0)
        assert backlog.oldest
        assert backlog.oldest > timedelta(0)
        await proxy.start()
        await recorder.until_it(lambda: set(recorder.ids) == {message.id for message in messages})
        await emptied(relay)
    await bus.close()
    await proxy.stop()


async def test_what_a_killed_relay_had_leased_goes_to_another_when_the_lease_is_over(
    pool: "Pool[Any]", bus: Bus
) -> None:
    relay, recorder, late = Relay(pool, bus), Recorder(), a_message()
    await bus.subscribe(a_subscription(), recorder)
    await owe(pool, late)
    assert [owed.message for owed in await rows.take(pool, uuid4(), 10, ALL)] == [late]
    async with relaying(relay):
        assert await rows.take(pool, uuid4(), 10, ALL) == []
        await pool.execute("UPDATE outbox SET available_at = now()")
        await recorder.until(1)
        await emptied(relay)
    assert recorder.ids == [late.id]


async def test_a_relay_whose_lease_ran_out_removes_nothing_of_its_successors(pool: "Pool[Any]") -> None:
    slow, successor = uuid4(), uuid4()
    await owe(pool, a_message())
    (theirs,) = await rows.take(pool, slow, 10, ALL)
    await pool.execute("UPDATE outbox SET available_at = now()")
    (ours,) = await rows.take(pool, successor, 10, ALL)
    await rows.settle(pool, slow, [(theirs, None)])
    assert await pool.fetchval("SELECT token FROM outbox") == successor
    await rows.settle(pool, successor, [(ours, None)])
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_cancelled_relay_leaves_no_row_leased(pool: "Pool[Any]", bus: Bus) -> None:
    for _ in range(10):
        relay = Relay(pool, bus)
        await owe(pool, *some_messages(50))
        async with relaying(relay):
            await asyncio.sleep(0)
        assert await pool.fetchval("SELECT count(*) FROM outbox WHERE token IS NOT NULL") == 0


async def test_parked_rows_do_not_crowd_out_new_ones(pool: "Pool[Any]") -> None:
    await owe(pool, *some_messages(20, "nobody.listens.v1"), *some_messages(5))
    await pool.execute("UPDATE outbox SET available_at = now() WHERE key <> $1", KEY)
    await pool.execute("UPDATE outbox SET subject = subject || key")
    taken = await rows.take(pool, uuid4(), 10, ALL)
    assert sum(owed.message.key == KEY for owed in taken) == 5


@pytest.mark.parametrize(
    ("failures", "longest"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 16), (5, 30), (6, 30), (10_000, 30)]
)
def test_parked_rows_wait_longer_and_longer(failures: int, longest: int) -> None:
    assert outbox.parked_for(failures, roll=0.0) == timedelta(seconds=longest)
    assert outbox.parked_for(failures, roll=1.0) == timedelta(seconds=longest) * 0.75


async def test_the_relay_never_reads_the_whole_table(migrated_url: str) -> None:
    """A plan made while it was empty would, and with an old snapshot open all that ever went through is in it."""
    pool, ends = await open_pool(migrated_url, "orders"), (None, Unroutable(""), BusUnavailable(""))
    for _ in range(8):
        await owe(pool, *some_messages(30))
        token = uuid4()
        batch = await rows.take(pool, token, 500, ALL)
        await rows.settle(pool, token, list(zip(batch, ends * 10, strict=False)))
    await close_pool(pool)
    onlooker = await asyncpg.connect(migrated_url)

    async def scans() -> "asyncpg.Record | None":
        found = await onlooker.fetchrow(
            "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE schemaname = 'orders' AND relname = 'outbox'"
        )
        return found if found and found["idx_scan"] else None

    counted = await eventually(scans)
    await onlooker.close()
    assert counted
    assert counted["seq_scan"] == 0
