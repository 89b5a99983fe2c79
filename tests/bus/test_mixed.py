"""Brokers of different kinds in one list: the first that takes the message has it, and all are attended to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from shared.bus import Bus, Delivery, Never, Verdict
from shared.bus.amqp import Options
from shared.bus.clusters.opening import Place
from shared.bus.connecting import open_one
from tests.bus.brokers import Broker, healthy, open_bus
from tests.bus.faults import FaultProxies
from tests.bus.messages import KEY, QUEUE, Recorder, a_message, a_subscription, published, some_messages
from tests.servers.waiting import eventually


@pytest.fixture
async def rabbitmq(amqp_url: str) -> AsyncIterator[FaultProxies]:
    """The line to the first of the list."""
    async with AsyncExitStack() as parts:
        yield await Broker(amqp_url, parts).proxy()


@pytest.fixture
async def bus(rabbitmq: FaultProxies, redis_bus_url: str, database_url: str) -> AsyncIterator[Bus]:
    """RabbitMQ, else Redis, else Postgres."""
    made = await open_bus(f"{rabbitmq.url},{redis_bus_url},{database_url}")
    yield made
    await made.close(timedelta(0))


async def waiting_at(url: str) -> int:
    single = await open_bus(url)
    try:
        return (await single.status([QUEUE]))[0].ready
    finally:
        await single.close(timedelta(0))


async def test_the_first_of_the_list_takes_the_message_and_the_next_when_it_is_away(
    bus: Bus, rabbitmq: FaultProxies, amqp_url: str, redis_bus_url: str, database_url: str
) -> None:
    await bus.declare(QUEUE, [KEY])
    await published(bus, a_message())
    assert await waiting_at(amqp_url) == 1
    rabbitmq.freeze()
    await published(bus, *some_messages(3))
    assert await waiting_at(redis_bus_url) == 3
    rabbitmq.thaw()

    async def first_again() -> bool:
        await published(bus, a_message())
        return await waiting_at(amqp_url) > 1

    await eventually(first_again)
    assert await waiting_at(database_url) == 0


async def test_one_that_is_away_is_known_to_be(redis_bus_url: str, database_url: str, free_port: int) -> None:
    for url in (redis_bus_url, database_url):
        away = urlsplit(url)._replace(netloc=f"127.0.0.1:{free_port}").geturl()
        for where, takes in ((url, True), (away, False)):
            single = await open_one(Place(where, "test", Options()))
            assert await single.takes_messages() is takes
            await single.close(timedelta(0))


async def test_what_any_of_them_holds_is_delivered(
    bus: Bus, amqp_url: str, redis_bus_url: str, database_url: str
) -> None:
    recorder, messages = Recorder(), some_messages(3)
    await bus.subscribe(a_subscription(), recorder)
    await healthy(bus)
    for url, message in zip((amqp_url, redis_bus_url, database_url), messages, strict=True):
        single = await open_bus(url)
        await published(single, message)
        await single.close(timedelta(0))
    await recorder.until(3)
    assert set(recorder.ids) == {message.id for message in messages}


async def test_concurrency_and_dead_letters_are_those_of_the_whole_list(
    bus: Bus, amqp_url: str, redis_bus_url: str, database_url: str
) -> None:
    running = most = 0

    async def refuse(_: Delivery) -> Verdict:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return Never("no")

    await bus.subscribe(a_subscription(concurrency=1), refuse)
    for url in (amqp_url, redis_bus_url, database_url):
        single = await open_bus(url)
        await published(single, *some_messages(20))
        await single.close(timedelta(0))

    async def all_dead() -> bool:
        return (await bus.status([QUEUE]))[0].dead == 60

    await eventually(all_dead)
    assert most == 1
    letters = await bus.dead_letters(QUEUE)
    assert len({letter.message.id for letter in letters}) == 60
    assert await bus.discard(QUEUE, letters[-1].message.id)
