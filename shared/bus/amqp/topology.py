"""What exists in the broker, and the only place that declares it.

For a queue `tickets.order-placed`:

    tickets.order-placed             served; a message its consumers die of too often goes to `.dead`
    tickets.order-placed.retry-30s   nobody's: messages expire out of it, back into the queue
    tickets.order-placed.dead        given up on, until someone replays or discards them

All are quorum queues that hand dead letters on at least once, which needs `overflow=reject-publish`.
Limits of length are left to the operator's policies: declaring with other arguments is refused (406).
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import structlog
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import ChannelPreconditionFailed

from shared.bus.amqp.opening import LINE_LOST, opened
from shared.bus.protocol import BusUnavailable

log = structlog.get_logger()

Arguments = dict[str, str | int]

EXCHANGE = "boxoffice.events"
DECLARE_SECONDS = 5.0
# Attempts are counted in our own header; this stops what kills its consumer before we can count.
# RabbitMQ has no such limit in 3.x and one of 20 from 4.0 on, so it is always given.
DELIVERY_LIMIT = 100
# Each look at the dead letters is a delivery: no limit that anyone reaches.
DEAD_DELIVERY_LIMIT = 1_000_000

# Messages expire only at a queue's head, so those with like waits share a queue: one waits at most
# for the longest wait of its bucket.
BUCKETS: tuple[tuple[timedelta, str], ...] = (
    (timedelta(milliseconds=100), "100ms"),
    (timedelta(seconds=1), "1s"),
    (timedelta(seconds=5), "5s"),
    (timedelta(seconds=10), "10s"),
    (timedelta(seconds=30), "30s"),
    (timedelta(minutes=1), "1m"),
    (timedelta(minutes=2), "2m"),
    (timedelta(minutes=5), "5m"),
    (timedelta(minutes=10), "10m"),
    (timedelta(minutes=30), "30m"),
    (timedelta(hours=1), "1h"),
    (timedelta(hours=3), "3h"),
    (timedelta(hours=8), "8h"),
    (timedelta(days=1), "1d"),
)
# The policy's jitter may lengthen a wait by a fifth; it stays in the bucket of its nominal wait.
JITTER_ROOM = 1.25


def dead_queue(queue: str) -> str:
    return f"{queue}.dead"


def retry_queue(queue: str, wait: timedelta) -> str:
    """The queue in which this wait is spent; waits over a day share the last."""
    name = next((name for limit, name in BUCKETS if wait <= limit * JITTER_ROOM), BUCKETS[-1][1])
    return f"{queue}.retry-{name}"


def retry_queues(queue: str) -> list[str]:
    """Every retry queue this queue may have."""
    return [f"{queue}.retry-{name}" for _, name in BUCKETS]


async def declare_exchange(connection: AbstractConnection) -> None:
    async with opened(connection) as channel, asyncio.timeout(DECLARE_SECONDS):
        await channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)


async def declare_queue(connection: AbstractConnection, queue: str, keys: Sequence[str]) -> None:
    """The queue, its dead letters and its bindings. Raises `BusUnavailable`.

    Bindings come last: a message that is routed finds all in place.
    """
    with _unavailable_when_lost(queue):
        await declare_exchange(connection)
        dead = dead_queue(queue)
        await _declare(connection, dead, {"x-delivery-limit": DEAD_DELIVERY_LIMIT})
        await _declare(connection, queue, _dead_lettering(dead) | {"x-delivery-limit": DELIVERY_LIMIT})
        async with opened(connection) as channel, asyncio.timeout(DECLARE_SECONDS):
            for key in keys:
                await channel.queue_bind(queue, EXCHANGE, key)


async def declare_retry_queue(connection: AbstractConnection, queue: str, name: str) -> None:
    """Raises `BusUnavailable`."""
    with _unavailable_when_lost(name):
        await _declare(connection, name, _dead_lettering(queue))


@contextmanager
def _unavailable_when_lost(name: str) -> Iterator[None]:
    try:
        yield
    except LINE_LOST as error:
        raise BusUnavailable(f"{name} can't be declared: {error!r}") from error


def _dead_lettering(to: str) -> Arguments:
    return {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": to,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


async def _declare(connection: AbstractConnection, name: str, arguments: Arguments) -> None:
    """On a channel of its own: a refusal closes the channel it comes over."""
    try:
        async with opened(connection) as channel, asyncio.timeout(DECLARE_SECONDS):
            await channel.queue_declare(name, durable=True, arguments={"x-queue-type": "quorum", **arguments})
    except ChannelPreconditionFailed as error:
        # It exists and works as someone made it; changing it is an operator's decision.
        log.error("bus.queue_declared_otherwise", queue=name, error=str(error))  # noqa: TRY400
