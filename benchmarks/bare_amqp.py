"""aio-pika alone: a quorum queue, persistent messages, confirms, acknowledgements; as its manual shows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection

QUEUE = "bench.bare"
IN_FLIGHT = 200
PREFETCH = 50


class Client:
    def __init__(self, connection: AbstractRobustConnection) -> None:
        self._connection = connection

    async def publish(self, count: int, body: bytes) -> None:
        async with self._connection.channel(on_return_raises=True) as channel:
            await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
            numbers = iter(range(count))

            async def send() -> None:
                for _ in numbers:
                    message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
                    await channel.default_exchange.publish(message, QUEUE)

            await asyncio.gather(*(send() for _ in range(IN_FLIGHT)))

    async def consume(self, count: int) -> None:
        done = asyncio.Event()
        left = count

        async def handle(message: AbstractIncomingMessage) -> None:
            nonlocal left
            await message.ack()
            left -= 1
            if not left:
                done.set()

        async with self._connection.channel() as channel:
            await channel.set_qos(PREFETCH)
            queue = await channel.get_queue(QUEUE)
            await queue.consume(handle)
            await done.wait()
            await queue.delete(if_unused=False, if_empty=False)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Client]:
    async with await aio_pika.connect_robust(url) as connection:
        yield Client(connection)
