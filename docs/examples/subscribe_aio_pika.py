"""Follow Boxoffice's orders with aio-pika: `AMQP_URL=amqp://user:password@host/ python subscribe_aio_pika.py`."""

import asyncio
import json
import os

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

QUEUE = "crm.orders"
KEYS = ("order.placed.v1", "tickets.issued.v1")
QUORUM = {"x-queue-type": "quorum"}


async def main() -> None:
    connection = await aio_pika.connect_robust(os.environ["AMQP_URL"], client_properties={"connection_name": "crm"})
    async with connection, connection.channel() as channel:
        # At most this many unacknowledged at once.
        await channel.set_qos(prefetch_count=10)
        queue = await declare(channel)
        # A table with a unique key on the message's id, written in the transaction of the effect, outlives us.
        seen: set[str] = set()

        async def handle(message: AbstractIncomingMessage) -> None:
            try:
                envelope = json.loads(message.body)
                if envelope["id"] not in seen:
                    print(envelope["type"], envelope["data"]["number"], flush=True)
                    seen.add(envelope["id"])
            except (ValueError, KeyError, TypeError):
                # No use trying again: to our dead letters, and on with the next.
                await message.reject(requeue=False)
            else:
                await message.ack()

        await queue.consume(handle)
        await asyncio.Future()


async def declare(channel: AbstractChannel) -> AbstractQueue:
    """Our own queue: it keeps what comes while we are away. Safe to repeat."""
    exchange = await channel.declare_exchange("boxoffice.events", "topic", durable=True)
    await channel.declare_queue(f"{QUEUE}.dead", durable=True, arguments=QUORUM)
    dead_letters = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"{QUEUE}.dead"}
    # A message whose handler dies of it is not tried for ever.
    limit = {"x-delivery-limit": 20}
    queue = await channel.declare_queue(QUEUE, durable=True, arguments=QUORUM | dead_letters | limit)
    for key in KEYS:
        await queue.bind(exchange, key)
    return queue


if __name__ == "__main__":
    asyncio.run(main())
