"""Closing is complete, repeatable, and loses nothing."""

import asyncio
import os
from datetime import timedelta

import pytest

from shared.bus import Bus, BusUnavailable, Delivery, Done, Verdict
from tests.bus.brokers import Broker, healthy
from tests.bus.messages import KEY, QUEUE, Recorder, a_message, a_subscription, published, some_messages


async def test_close_lets_handlers_finish(bus: Bus, broker: Broker) -> None:
    started, release, finished, other = asyncio.Event(), asyncio.Event(), Recorder(), Recorder()

    async def work(delivery: Delivery) -> Verdict:
        started.set()
        await release.wait()
        return await finished(delivery)

    await bus.subscribe(a_subscription(), work)
    await published(bus, a_message())
    await started.wait()
    closing = asyncio.create_task(bus.close())
    release.set()
    await closing
    assert len(finished.seen) == 1
    second = await broker.connect()
    await second.subscribe(a_subscription(), other)
    last = a_message()
    await published(second, last)
    await other.until(1)
    assert other.ids == [last.id]


async def test_close_gives_back_what_it_cannot_finish_and_counts_no_attempt(bus: Bus, broker: Broker) -> None:
    cancelled, held, other = [], Recorder(), Recorder()

    async def hang(delivery: Delivery) -> Verdict:
        await held(delivery)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(delivery.message.id)
            raise
        return Done()

    await bus.subscribe(a_subscription(concurrency=3), hang)
    messages = some_messages(5)
    await published(bus, *messages)
    await held.until(3)
    await bus.close(timedelta(0))
    assert sorted(cancelled) == sorted(held.ids)
    await (await broker.connect()).subscribe(a_subscription(), other)
    await other.until(5)
    assert sorted(other.ids) == sorted(message.id for message in messages)
    assert {delivery.attempt for delivery in other.seen} == {1}


async def test_close_may_be_called_again_and_by_many(bus: Bus) -> None:
    await bus.subscribe(a_subscription(), Recorder())
    await asyncio.gather(*(bus.close() for _ in range(5)))
    await bus.close()
    assert not bus.healthy()


async def test_a_closed_bus_says_so(bus: Bus) -> None:
    await bus.close()
    (outcome,) = await bus.publish([a_message()])
    assert isinstance(outcome, BusUnavailable)
    with pytest.raises(BusUnavailable, match="closed"):
        await bus.subscribe(a_subscription(), Recorder())
    with pytest.raises(BusUnavailable, match="closed"):
        await bus.dead_letters(QUEUE)


async def test_closing_under_load_and_starting_again_handles_everything(broker: Broker) -> None:
    recorder, messages = Recorder(), some_messages(600)
    publisher = await broker.connect()
    await publisher.declare(QUEUE, [KEY])
    await published(publisher, *messages)
    for generation in range(1, 4):
        bus = await broker.connect()
        await bus.subscribe(a_subscription(), recorder)
        await recorder.until(generation * 100)
        await bus.close()
    await publisher.subscribe(a_subscription(), recorder)
    await recorder.until(600)
    assert sorted(recorder.ids) == sorted(message.id for message in messages)
    assert {delivery.attempt for delivery in recorder.seen} == {1}


async def test_closing_while_the_broker_is_away_ends(broker: Broker) -> None:
    proxy = await broker.proxy()
    bus, started = await broker.connect(proxy.url), asyncio.Event()

    async def hang(delivery: Delivery) -> Verdict:
        started.set()
        await asyncio.Event().wait()
        return Done()

    await bus.subscribe(a_subscription(), hang)
    await published(bus, a_message())
    await started.wait()
    await proxy.stop()
    async with asyncio.timeout(20):
        await bus.close(timedelta(milliseconds=50))


async def test_opening_and_closing_leaves_no_task_and_no_descriptor(broker: Broker) -> None:
    async def open_use_and_close() -> None:
        bus, recorder = await broker.connect(), Recorder()
        await bus.subscribe(a_subscription(), recorder)
        await healthy(bus)
        await published(bus, a_message())
        await recorder.until(1)
        await bus.close()

    await open_use_and_close()
    tasks, descriptors = len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        await open_use_and_close()
    assert len(asyncio.all_tasks()) <= tasks
    assert len(os.listdir("/proc/self/fd")) <= descriptors
