"""Follow Boxoffice's orders with pika: `AMQP_URL=amqp://user:password@host/ python subscribe_pika.py`."""

import json
import os

import pika
from pika.adapters.blocking_connection import BlockingChannel

QUEUE = "accounting.orders"
KEYS = ("order.placed.v1", "tickets.issued.v1")
QUORUM = {"x-queue-type": "quorum"}


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=10)
    declare(channel)
    # A table with a unique key on the message's id, written in the transaction of the effect, outlives us.
    seen: set[str] = set()
    for method, _, body in channel.consume(QUEUE):
        try:
            envelope = json.loads(body)
            if envelope["id"] not in seen:
                print(envelope["type"], envelope["data"]["number"], flush=True)
                seen.add(envelope["id"])
        except (ValueError, KeyError, TypeError):
            # No use trying again: to our dead letters, and on with the next.
            channel.basic_reject(method.delivery_tag, requeue=False)
        else:
            channel.basic_ack(method.delivery_tag)


def declare(channel: BlockingChannel) -> None:
    """Our own queue: it keeps what comes while we are away. Safe to repeat."""
    channel.exchange_declare("boxoffice.events", "topic", durable=True)
    channel.queue_declare(f"{QUEUE}.dead", durable=True, arguments=QUORUM)
    dead_letters = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"{QUEUE}.dead"}
    # A message whose handler dies of it is not tried for ever.
    limit = {"x-delivery-limit": 20}
    channel.queue_declare(QUEUE, durable=True, arguments=QUORUM | dead_letters | limit)
    for key in KEYS:
        channel.queue_bind(QUEUE, "boxoffice.events", key)


if __name__ == "__main__":
    main()
