"""What RabbitMQ's own clients see, and what only RabbitMQ does to us."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, HeadersType
from structlog.testing import capture_logs

from shared.bus import Bus, BusUnavailable, Delivery, Done, Later, Never, Verdict
from tests.bus.brokers import healthy, open_bus
from tests.bus.faults import FaultProxy
from tests.bus.messages import KEY, QUEUE, Recorder, a_message, a_subscription, published, published_stubbornly
from tests.servers.waiting import eventually


@pytest.fixture
async def bus(amqp_url: str) -> AsyncIterator[Bus]:
    made = await open_bus(amqp_url, "orders")
    yield made
    await made.close(timedelta(0))


@pytest.fixture
async def channel(amqp_url: str) -> AsyncIterator[AbstractChannel]:
    """A plain client of another team's."""
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as opened:
        yield opened


async def received(channel: AbstractChannel, queue: str) -> AbstractIncomingMessage:
    message: AbstractIncomingMessage | None = None

    async def there() -> bool:
        nonlocal message
        message = await (await channel.get_queue(queue)).get(fail=False)
        return message is not None

    await eventually(there)
    assert message
    return message


async def test_a_message_on_the_wire_is_what_the_contract_says(bus: Bus, channel: AbstractChannel) -> None:
    await bus.declare(QUEUE, [KEY])
    sent = a_message()
    await published(bus, sent)
    got = await received(channel, QUEUE)
    assert (got.body, got.message_id, got.routing_key, got.exchange) == (sent.body, sent.id, KEY, "boxoffice.events")
    assert got.content_type == "application/cloudevents+json"
    assert got.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


async def test_another_teams_queue_gets_messages_by_pattern(bus: Bus, channel: AbstractChannel) -> None:
    await bus.declare(QUEUE, [KEY])
    theirs = await channel.declare_queue("theirs", durable=True)
    await theirs.bind("boxoffice.events", "thing.#")
    sent = a_message()
    await published(bus, sent)
    assert (await received(channel, "theirs")).message_id == sent.id


@pytest.mark.parametrize("headers", [None, {"boxoffice-attempts": "many", "subject": 7, "x-death": []}])
async def test_a_message_of_a_plain_client_is_served(bus: Bus, channel: AbstractChannel, headers: HeadersType) -> None:
    recorder = Recorder()
    await bus.subscribe(a_subscription(), recorder)
    exchange = await channel.get_exchange("boxoffice.events")
    await exchange.publish(aio_pika.Message(b"{}", headers=headers, message_id="theirs"), KEY)
    await recorder.until(1)
    (delivery,) = recorder.seen
    assert (delivery.message.id, delivery.message.key, delivery.message.body) == ("theirs", KEY, b"{}")
    assert (delivery.message.subject, delivery.attempt) == ("", 1)


async def test_a_message_without_an_id_can_still_be_found_among_the_dead(bus: Bus, channel: AbstractChannel) -> None:
    await bus.subscribe(a_subscription(), Recorder(lambda _: Never("no")))
    exchange = await channel.get_exchange("boxoffice.events")
    await exchange.publish(aio_pika.Message(b"{}"), KEY)

    async def discarded() -> bool:
        letters = await bus.dead_letters(QUEUE)
        return bool(letters) and await bus.discard(QUEUE, letters[0].message.id)

    await eventually(discarded)


async def test_a_deleted_queue_is_made_again_and_served(
    bus: Bus, channel: AbstractChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.amqp.consumer.WATCH_SECONDS", 0.2)
    recorder = Recorder()
    await bus.subscribe(a_subscription(), recorder)
    await healthy(bus)
    await channel.queue_delete(QUEUE)

    async def served_again() -> bool:
        # The broker may still take a message into the queue that it is deleting: that one goes with it.
        await bus.publish([a_message()])
        return bool(recorder.seen)

    await eventually(served_again)


async def test_a_deleted_exchange_is_made_again(bus: Bus, channel: AbstractChannel) -> None:
    recorder, after = Recorder(), a_message()
    await bus.subscribe(a_subscription(), recorder)
    await channel.exchange_delete("boxoffice.events")

    async def taken_again() -> bool:
        return (await bus.publish([after])) == [None]

    await eventually(taken_again)
    await recorder.until(1)


async def test_a_retry_queue_deleted_at_the_wrong_moment_is_made_again(bus: Bus, channel: AbstractChannel) -> None:
    recorder = Recorder(lambda delivery: Later("again") if delivery.attempt == 1 else Done())
    await bus.subscribe(a_subscription(), recorder)
    await published(bus, a_message())
    await recorder.until(2)
    await channel.queue_delete(f"{QUEUE}.retry-100ms")
    await published(bus, a_message())
    await recorder.until(4)


async def test_a_closed_connection_is_opened_again(bus: Bus, amqp_url: str) -> None:
    """The broker itself closes it, as an operator would do."""
    recorder, started, last = Recorder(), asyncio.Event(), a_message()

    async def work(delivery: Delivery) -> Verdict:
        started.set()
        return await recorder(delivery)

    await bus.subscribe(a_subscription(), work)
    await healthy(bus)
    line = bus._line  # type: ignore[attr-defined]
    await line.current().close()
    await published_stubbornly(bus, [last])
    await recorder.until(1)
    assert recorder.ids == [last.id]


async def test_a_connection_that_ends_before_its_first_frame_is_an_outage_and_no_failure_of_ours(
    amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, ended = aio_pika.connect, iter([True, True])

    async def ends_at_first(*where: Any, **how: Any) -> Any:
        if next(ended, False):
            # As aiormq does when the end comes before it reads.
            raise StopAsyncIteration
        return await connect(*where, **how)

    monkeypatch.setattr("shared.bus.amqp.line.aio_pika.connect", ends_at_first)
    with capture_logs() as logs:
        bus = await open_bus(amqp_url)
        await bus.declare(QUEUE, [KEY])
        await published_stubbornly(bus, [a_message()])
        await bus.close()
    actions = [entry["event"] for entry in logs]
    assert "bus.away" in actions
    assert "background.failed" not in actions


async def test_a_frozen_broker_keeps_neither_a_service_from_starting_nor_an_operator_waiting(
    amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.amqp.opening.OPEN_SECONDS", 0.2)
    proxy = FaultProxy(amqp_url, 5672)
    await proxy.start()
    bus = await open_bus(proxy.url)
    await bus.declare(QUEUE, [KEY])
    proxy.freeze()
    await bus.declare("another.thing", [KEY])
    with pytest.raises(BusUnavailable):
        await bus.status([QUEUE])
    with pytest.raises(BusUnavailable):
        await bus.dead_letters(QUEUE)
    proxy.thaw()

    async def declared_by_now() -> bool:
        await published_stubbornly(bus, [a_message()])
        (status,) = await bus.status(["another.thing"])
        return status.ready > 0

    await eventually(declared_by_now)
    await bus.close()
    await proxy.stop()
