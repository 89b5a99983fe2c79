"""A broker that is away, comes back, freezes, or loses its lines under load."""

import asyncio

import pytest

from shared.bus import BusUnavailable, Delivery, Verdict
from tests.bus.brokers import Broker, healthy
from tests.bus.messages import (
    KEY,
    QUEUE,
    Recorder,
    a_message,
    a_subscription,
    published,
    published_stubbornly,
    some_messages,
)
from tests.bus.mortal import Mortal
from tests.servers.waiting import eventually
from tests.soak import length

FROZEN_SECONDS = length(1.0, 60.0)


async def test_a_bus_opens_while_its_broker_is_away_and_joins_it_later(broker: Broker) -> None:
    proxy = await broker.proxy()
    await proxy.stop()
    bus, recorder, message = await broker.connect(proxy.url), Recorder(), a_message()
    await bus.declare("unserved.thing", [KEY])
    await bus.subscribe(a_subscription(), recorder)
    assert not bus.healthy()
    assert isinstance((await bus.publish([message]))[0], BusUnavailable)
    await proxy.start()
    await healthy(bus)
    await published(bus, message)
    await recorder.until(1)
    assert recorder.ids == [message.id]

    async def kept_for_the_unserved() -> bool:
        return [status.ready for status in await bus.status(["unserved.thing"])] == [1]

    await eventually(kept_for_the_unserved)


async def test_publishing_fails_at_once_while_the_broker_is_away_and_works_when_it_is_back(broker: Broker) -> None:
    proxy = await broker.proxy()
    bus, recorder = await broker.connect(proxy.url), Recorder()
    await bus.subscribe(a_subscription(), recorder)
    await healthy(bus)
    await proxy.stop()
    outcomes = await bus.publish(some_messages(3))
    assert all(isinstance(outcome, BusUnavailable) for outcome in outcomes)

    async def noticed() -> bool:
        return not bus.healthy()

    await eventually(noticed)
    await proxy.start()
    last = a_message()
    await published_stubbornly(bus, [last])
    await recorder.until_it(lambda: last.id in recorder.ids)


async def test_nothing_is_lost_when_lines_are_cut_under_load(broker: Broker) -> None:
    proxy = await broker.proxy()
    publisher, consumer, recorder = await broker.connect(proxy.url), await broker.connect(proxy.url), Recorder()
    await publisher.declare(QUEUE, [KEY])
    await consumer.subscribe(a_subscription(), recorder)
    batches = [some_messages(40) for _ in range(25)]

    async def cut_again_and_again() -> None:
        for cut in range(1, 6):
            await recorder.until(cut * 120)
            await proxy.cut()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(cut_again_and_again())
        for batch in batches:
            await published_stubbornly(publisher, batch)
    wanted = {message.id for batch in batches for message in batch}
    await recorder.until_it(lambda: set(recorder.ids) >= wanted)


async def test_nothing_is_lost_when_the_broker_is_killed_and_started_under_load(
    mortal: Mortal, mortal_broker: Broker
) -> None:
    publisher, consumer, recorder = await mortal_broker.connect(), await mortal_broker.connect(), Recorder()
    await publisher.declare(QUEUE, [KEY])
    await consumer.subscribe(a_subscription(), recorder)
    batches = [some_messages(40) for _ in range(25)]

    async def kill_and_start() -> None:
        await recorder.until(200)
        await mortal.kill()
        await mortal.start()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(kill_and_start())
        for batch in batches:
            await published_stubbornly(publisher, batch)
    wanted = {message.id for batch in batches for message in batch}
    await recorder.until_it(lambda: set(recorder.ids) >= wanted)


@pytest.mark.soak
async def test_a_frozen_broker_is_got_over(mortal: Mortal, mortal_broker: Broker) -> None:
    bus, recorder = await mortal_broker.connect(), Recorder()
    before, during, after = some_messages(20), some_messages(20), some_messages(20)
    await bus.subscribe(a_subscription(), recorder)
    await published(bus, *before)
    mortal.freeze()
    try:
        publishing = asyncio.create_task(published_stubbornly(bus, during))
        # How long the fault lasts, not a guess when something is done.
        await asyncio.sleep(FROZEN_SECONDS)
    finally:
        mortal.thaw()
    await publishing
    await published_stubbornly(bus, after)
    wanted = {message.id for message in before + during + after}
    await recorder.until_it(lambda: set(recorder.ids) >= wanted)
    await healthy(bus)


async def test_a_handler_at_work_while_the_line_is_lost_finishes(broker: Broker) -> None:
    proxy = await broker.proxy()
    bus, started, release, finished = await broker.connect(proxy.url), asyncio.Event(), asyncio.Event(), Recorder()

    async def work(delivery: Delivery) -> Verdict:
        started.set()
        await release.wait()
        return await finished(delivery)

    await bus.subscribe(a_subscription(concurrency=1), work)
    await published(bus, a_message())
    await started.wait()
    await proxy.cut()
    release.set()
    await finished.until(1)

    async def settled() -> bool:
        (status,) = await bus.status([QUEUE])
        return (status.ready, status.in_flight, status.waiting, status.dead) == (0, 0, 0, 0)

    await eventually(settled, ignoring=(BusUnavailable,))


async def test_a_frozen_line_gives_an_unknown_outcome_and_is_got_over(broker: Broker) -> None:
    proxy = await broker.proxy()
    bus, recorder, message = await broker.connect(proxy.url), Recorder(), a_message()
    await bus.subscribe(a_subscription(), recorder)
    await healthy(bus)
    proxy.freeze()
    outcomes = await bus.publish([message])
    assert isinstance(outcomes[0], BusUnavailable)
    proxy.thaw()
    await published_stubbornly(bus, [message])
    await recorder.until(1)
    assert set(recorder.ids) == {message.id}


async def test_a_cancelled_publish_leaves_the_bus_usable(broker: Broker) -> None:
    bus, recorder, last = await broker.connect(), Recorder(), a_message()
    await bus.subscribe(a_subscription(), recorder)
    for turns in range(20):
        cancelled = asyncio.create_task(bus.publish(some_messages(5)))
        for _ in range(turns):
            await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
    await published(bus, last)
    await recorder.until_it(lambda: last.id in recorder.ids)
