"""Looking at queues from outside: dead letters and counts.

AMQP has no way to read a queue without taking from it, so a look takes messages unacknowledged and
gives them back. While one operator looks, another does not see what the first one holds.
"""

import asyncio
from collections.abc import Awaitable, Callable

from aio_pika.abc import AbstractConnection
from aiormq import Channel, spec
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import ChannelNotFoundEntity

from shared.bus.amqp import topology, wire
from shared.bus.amqp.opening import LINE_LOST, opened
from shared.bus.protocol import BusUnavailable, DeadLetter, Message, QueueStatus

LOOK_SECONDS = 30.0


async def look(connection: AbstractConnection, queue: str, limit: int) -> list[DeadLetter]:
    """Up to `limit` dead letters, oldest first. Raises `BusUnavailable`."""
    letters: list[DeadLetter] = []

    async def collect(channel: Channel) -> None:
        while len(letters) < limit and (delivered := await _next(channel, topology.dead_queue(queue))):
            letters.append(wire.dead_letter_of(delivered, queue))
        await channel.basic_nack(0, multiple=True, requeue=True)

    await _visit(connection, collect)
    return letters


async def remove(
    connection: AbstractConnection,
    queue: str,
    message_id: str,
    first: Callable[[Message], Awaitable[None]] | None = None,
) -> bool:
    """Take this dead letter away, after `first` has seen to it. Raises `BusUnavailable`."""
    found = False

    async def search(channel: Channel) -> None:
        nonlocal found
        while not found and (delivered := await _next(channel, topology.dead_queue(queue))):
            message = wire.message_of(delivered)
            if message.id == message_id:
                if first:
                    await first(message)
                await channel.basic_ack(_tag(delivered))
                found = True
        await channel.basic_nack(0, multiple=True, requeue=True)

    await _visit(connection, search)
    return found


async def status(connection: AbstractConnection, queue: str, in_flight: int) -> QueueStatus:
    """Counts as the broker tells them. Raises `BusUnavailable`."""
    waiting = [await _count(connection, name) for name in topology.retry_queues(queue)]
    return QueueStatus(
        queue=queue,
        ready=await _count(connection, queue),
        in_flight=in_flight,
        waiting=sum(waiting),
        dead=await _count(connection, topology.dead_queue(queue)),
        oldest=None,
    )


async def _count(connection: AbstractConnection, queue: str) -> int:
    count = 0

    async def ask(channel: Channel) -> None:
        nonlocal count
        count = (await channel.queue_declare(queue, passive=True)).message_count or 0

    await _visit(connection, ask)
    return count


async def _visit(connection: AbstractConnection, step: Callable[[Channel], Awaitable[None]]) -> None:
    """One step on a channel of its own; a queue that does not exist has nothing in it."""
    try:
        async with opened(connection) as channel, asyncio.timeout(LOOK_SECONDS):
            await step(channel)
    except ChannelNotFoundEntity:
        return
    except LINE_LOST as error:
        raise BusUnavailable(f"RabbitMQ did not answer: {error!r}") from error


async def _next(channel: Channel, queue: str) -> DeliveredMessage | None:
    delivered = await channel.basic_get(queue)
    return None if isinstance(delivered.delivery, spec.Basic.GetEmpty) else delivered


def _tag(delivered: DeliveredMessage) -> int:
    return int(getattr(delivered.delivery, "delivery_tag", 0))
