"""The bus over RabbitMQ.

Messages are published to the topic exchange, persistent and mandatory, and count as published when
the broker confirms them. A retry spends its wait in a queue of its own and comes back; a dead letter
keeps its reason in headers. One connection; a channel to publish, one to settle, one each consumer.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from aio_pika.abc import AbstractConnection

from shared.background import Background
from shared.bus.amqp import graveyard, topology, wire
from shared.bus.amqp.consumer import Consumer
from shared.bus.amqp.line import Line
from shared.bus.amqp.moving import Mover
from shared.bus.amqp.publisher import CONFIRM_SECONDS, Publisher
from shared.bus.checking import check_names, fault_of
from shared.bus.closing import Once
from shared.bus.protocol import (
    BusError,
    BusUnavailable,
    DeadLetter,
    Handler,
    Message,
    QueueStatus,
    Subscription,
    Unroutable,
)
from shared.bus.slots import Slots
from shared.identifiers import uuid7

log = structlog.get_logger()

FIRST_TRY_SECONDS = 3.0
# More than this many unconfirmed at once only lengthens the broker's own queue of work.
IN_FLIGHT = 200
DECLARE_PAUSE_SECONDS = 1.0
# By the default exchange a message goes to the queue of that name alone: there is none.
NO_QUEUE = "boxoffice.nowhere"


@dataclass(frozen=True, slots=True)
class Options:
    """How a bus that is one of several differs: when it gives up on a confirm (seconds), whose slots its
    handlers run in (its own when None), and after how long a connection makes room for a new one (never when None).
    """

    patience: float = CONFIRM_SECONDS
    slots: Slots | None = None
    max_age: timedelta | None = None


class AmqpBus:
    """See `shared.bus.protocol.Bus` for what each method promises."""

    def __init__(self, url: str, source: str, options: Options) -> None:
        self._source = source
        self._line = Line(url, source, self._declare_all, options.max_age)
        self._publisher = Publisher(self._line, options.patience)
        self._slots = options.slots or Slots()
        self._mover = Mover(self._line, source)
        self._consumers: dict[str, Consumer] = {}
        self._declared: dict[str, set[str]] = {}
        self._declare_again = asyncio.Event()
        self._background = Background()
        self._close = Once()

    @classmethod
    async def open(cls, url: str, source: str, options: Options | None = None) -> "AmqpBus":
        bus = cls(url, source, options or Options())
        bus._background.start("line", bus._line.run)
        bus._background.start("declare", bus._keep_declared)
        try:
            async with asyncio.timeout(FIRST_TRY_SECONDS):
                await bus._line.connected()
        except TimeoutError:
            log.warning("bus.away_at_start")
        return bus

    async def publish(self, messages: Sequence[Message]) -> list[BusError | None]:
        outcomes: list[BusError | None] = [fault_of(message) for message in messages]
        fit = iter([place for place, fault in enumerate(outcomes) if fault is None])
        senders = (self._publish_each(fit, messages, outcomes) for _ in range(min(IN_FLIGHT, len(messages))))
        await asyncio.gather(*senders)
        if any(isinstance(outcome, Unroutable) for outcome in outcomes):
            self._declare_again.set()
        return outcomes

    async def takes_messages(self) -> bool:
        """Whether the broker answers a publish now, as one with an alarm does not. Nobody gets to see it."""
        properties = wire.properties(Message(str(uuid7()), "", "", b""), self._source)
        return isinstance(await self._publisher.send("", NO_QUEUE, b"", properties), Unroutable)

    async def declare(self, queue: str, keys: Sequence[str]) -> None:
        self._refuse_when_closed()
        check_names(queue, keys)
        self._declared.setdefault(queue, set()).update(keys)
        try:
            await topology.declare_queue(self._line.current(), queue, keys)
        except BusUnavailable:
            self._declare_again.set()

    async def subscribe(self, subscription: Subscription, handler: Handler) -> None:
        if subscription.queue in self._consumers:
            raise ValueError(f"{subscription.queue} is already served here")
        await self.declare(subscription.queue, subscription.keys)
        consumer = Consumer(self._line, self._mover, subscription, handler, self._slots.of(subscription))
        self._consumers[subscription.queue] = consumer
        consumer.start()

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        self._refuse_when_closed()
        return await graveyard.look(self._line.current(), queue, limit)

    async def replay(self, queue: str, message_id: str) -> bool:
        self._refuse_when_closed()

        async def put_back(message: Message) -> None:
            properties = wire.properties(message, self._source, {wire.KEY: message.key})
            if error := await self._publisher.send("", queue, message.body, properties):
                raise error

        return await graveyard.remove(self._line.current(), queue, message_id, put_back)

    async def discard(self, queue: str, message_id: str) -> bool:
        self._refuse_when_closed()
        return await graveyard.remove(self._line.current(), queue, message_id)

    async def status(self, queues: Sequence[str]) -> list[QueueStatus]:
        self._refuse_when_closed()
        held = {queue: consumer.in_flight for queue, consumer in self._consumers.items()}
        return [await graveyard.status(self._line.current(), queue, held.get(queue, 0)) for queue in queues]

    def healthy(self) -> bool:
        served = all(consumer.attached for consumer in self._consumers.values())
        return self._line.up and served and not self._close.begun

    async def close(self, grace: timedelta = timedelta(seconds=5)) -> None:
        await self._close.run(lambda: self._close_all(grace))

    async def _close_all(self, grace: timedelta) -> None:
        await asyncio.gather(*(consumer.close(grace) for consumer in self._consumers.values()))
        await self._background.close()

    async def _publish_each(
        self, places: Iterator[int], messages: Sequence[Message], outcomes: list[BusError | None]
    ) -> None:
        """Each sender takes the next message when its last one is confirmed; all of them share the places."""
        for place in places:
            message = messages[place]
            properties = wire.properties(message, self._source)
            outcomes[place] = (
                BusUnavailable("this bus is closed")
                if self._close.begun
                else await self._publisher.send(topology.EXCHANGE, message.key, message.body, properties)
            )

    async def _declare_all(self, connection: AbstractConnection) -> None:
        """Before anything is published on a new connection: an emptied broker gets its queues back first."""
        for queue, keys in list(self._declared.items()):
            await topology.declare_queue(connection, queue, sorted(keys))

    async def _keep_declared(self) -> None:
        """When a message found no queue, or one could not be declared: someone may have deleted it.

        Not at once: a queue declared anew while RabbitMQ is still telling its consumers that the old one
        is gone keeps them as consumers that never get anything (3.10).
        """
        while True:
            await self._declare_again.wait()
            await asyncio.sleep(DECLARE_PAUSE_SECONDS)
            self._declare_again.clear()
            try:
                await self._declare_all(self._line.current())
            except BusUnavailable as error:
                log.info("bus.not_declared", error=str(error))

    def _refuse_when_closed(self) -> None:
        if self._close.begun:
            raise BusUnavailable("this bus is closed")
