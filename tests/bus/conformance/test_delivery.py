"""What a returned publish means, and who gets the message."""

import asyncio

import pytest

from shared.bus import Bus, Delivery, Done, TooLarge, Unroutable, Unsendable, Verdict
from shared.bus.protocol import MAX_MESSAGE_BYTES
from tests.bus.brokers import Broker
from tests.bus.messages import KEY, QUEUE, Recorder, a_message, a_subscription, published, some_messages
from tests.orders.test_fitting_the_bus import the_largest_message
from tests.soak import length

BACKLOG = length(3000, 100_000)


async def test_a_published_message_arrives_whole(bus: Bus) -> None:
    recorder = Recorder()
    await bus.subscribe(a_subscription(), recorder)
    message = a_message(subject="Größe-名", body="Жанна ✨".encode())
    await published(bus, message)
    await recorder.until(1)
    assert recorder.seen == [Delivery(message, QUEUE, attempt=1)]


async def test_a_message_goes_to_every_queue_bound_to_its_key(bus: Bus) -> None:
    first, second, other = Recorder(), Recorder(), Recorder()
    await bus.subscribe(a_subscription("one.thing"), first)
    await bus.subscribe(a_subscription("two.thing", ["else.happened.v1", KEY]), second)
    await bus.subscribe(a_subscription("three.thing", ["else.happened.v1"]), other)
    message, elsewhere = a_message(), a_message("else.happened.v1")
    await published(bus, message, elsewhere)
    await asyncio.gather(first.until(1), second.until(2), other.until(1))
    assert first.ids == [message.id]
    assert set(second.ids) == {message.id, elsewhere.id}
    assert other.ids == [elsewhere.id]


async def test_a_message_no_queue_wants_is_unroutable_and_the_others_go(bus: Bus) -> None:
    recorder = Recorder()
    await bus.subscribe(a_subscription(), recorder)
    wanted = some_messages(2)
    outcomes = await bus.publish([wanted[0], a_message("nobody.listens.v1"), wanted[1]])
    await recorder.until(2)
    assert [type(outcome) for outcome in outcomes] == [type(None), Unroutable, type(None)]
    assert set(recorder.ids) == {message.id for message in wanted}


async def test_a_message_over_the_limit_is_refused_and_the_others_go(bus: Bus) -> None:
    recorder = Recorder()
    await bus.subscribe(a_subscription(), recorder)
    largest = a_message(body=b"x" * MAX_MESSAGE_BYTES)
    outcomes = await bus.publish([a_message(body=b"x" * 10_000_000), largest])
    await recorder.until(1)
    assert isinstance(outcomes[0], TooLarge)
    assert "10000000 bytes" in str(outcomes[0])
    assert outcomes[1] is None
    assert recorder.seen[0].message == largest


async def test_the_largest_order_there_can_be_travels(bus: Bus) -> None:
    recorder, largest = Recorder(), the_largest_message()
    await bus.subscribe(a_subscription(keys=(largest.key,)), recorder)
    assert await bus.publish([largest]) == [None]
    await recorder.until(1)
    assert recorder.seen[0].message == largest


async def test_names_that_cannot_travel_are_refused_and_the_others_go(bus: Bus) -> None:
    await bus.declare(QUEUE, [KEY])
    bad = [
        a_message(subject="half a \ud83d pair"),
        a_message(subject="zero \0 character"),
        a_message(identity="x" * 256),
        a_message(key="thing.*.v1"),
        a_message(key=""),
    ]
    outcomes = await bus.publish([*bad, a_message()])
    assert [isinstance(outcome, Unsendable) for outcome in outcomes] == [True] * 5 + [False]
    assert outcomes[-1] is None


async def test_publishing_nothing_is_nothing(bus: Bus) -> None:
    assert await bus.publish([]) == []


async def test_one_id_twice_in_a_batch_gets_two_true_outcomes(bus: Bus) -> None:
    recorder = Recorder()
    await bus.subscribe(a_subscription(), recorder)
    twice, nowhere = a_message(), a_message("nobody.listens.v1")
    outcomes = await bus.publish([twice, nowhere, twice, nowhere])
    await recorder.until(2)
    assert [type(outcome) for outcome in outcomes] == [type(None), Unroutable] * 2
    assert recorder.ids == [twice.id, twice.id]


async def test_a_declared_queue_keeps_messages_until_someone_serves_it(bus: Bus, broker: Broker) -> None:
    await bus.declare(QUEUE, [KEY])
    messages = some_messages(20)
    await published(bus, *messages)
    recorder = Recorder()
    await (await broker.connect()).subscribe(a_subscription(), recorder)
    await recorder.until(20)
    assert set(recorder.ids) == {message.id for message in messages}


@pytest.mark.soak
async def test_a_long_backlog_is_worked_off(bus: Bus) -> None:
    await bus.declare(QUEUE, [KEY])
    messages = some_messages(BACKLOG)
    for start in range(0, BACKLOG, 1000):
        await published(bus, *messages[start : start + 1000])
    recorder = Recorder()
    await bus.subscribe(a_subscription(concurrency=50), recorder)
    await recorder.until(BACKLOG)
    assert sorted(recorder.ids) == sorted(message.id for message in messages)


async def test_a_lone_consumer_with_one_worker_gets_messages_in_order(bus: Bus) -> None:
    recorder = Recorder()
    await bus.subscribe(a_subscription(concurrency=1), recorder)
    messages = some_messages(50)
    for message in messages:
        await published(bus, message)
    await recorder.until(50)
    assert recorder.ids == [message.id for message in messages]


async def test_ten_competing_consumers_get_each_message_once(broker: Broker) -> None:
    recorder = Recorder()
    buses = await asyncio.gather(*(broker.connect() for _ in range(10)))
    await asyncio.gather(*(bus.subscribe(a_subscription(), recorder) for bus in buses))
    messages = some_messages(1000)
    await published(buses[0], *messages)
    await recorder.until(1000)
    await asyncio.gather(*(bus.close() for bus in buses))
    assert sorted(recorder.ids) == sorted(message.id for message in messages)


async def test_no_more_handlers_run_at_once_than_asked_for(bus: Bus) -> None:
    running, most, done = 0, 0, Recorder()

    async def count(delivery: Delivery) -> Verdict:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return await done(delivery)

    await bus.subscribe(a_subscription(concurrency=3), count)
    await published(bus, *some_messages(60))
    await done.until(60)
    assert most == 3


async def test_a_slow_consumer_does_not_starve_the_others(broker: Broker) -> None:
    release, quick = asyncio.Event(), Recorder()

    async def stuck(delivery: Delivery) -> Verdict:
        await release.wait()
        return Done()

    slow_bus, quick_bus = await broker.connect(), await broker.connect()
    await slow_bus.subscribe(a_subscription(concurrency=2), stuck)
    await quick_bus.subscribe(a_subscription(concurrency=2), quick)
    await published(quick_bus, *some_messages(50))
    await quick.until(48)
    release.set()


async def test_a_stuck_queue_does_not_hold_up_another_of_the_same_process(bus: Bus) -> None:
    release, quick = asyncio.Event(), Recorder()

    async def stuck(delivery: Delivery) -> Verdict:
        await release.wait()
        return Done()

    await bus.subscribe(a_subscription("slow.thing", concurrency=1), stuck)
    await bus.subscribe(a_subscription("quick.thing", concurrency=1), quick)
    await published(bus, *some_messages(20))
    await quick.until(20)
    release.set()
