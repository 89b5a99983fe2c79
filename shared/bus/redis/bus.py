"""The bus over Redis.

A publish is one script that adds the message to the stream of each bound queue. Consumers read as one
group, with a connection that waits for news, and delete what is settled; nothing is ever trimmed. What
a killed process held goes to another after the lease, and its attempt counts; a retry waits aside until
its time has come. Connections: 1 to publish, 3 to settle, and 1 for each subscription.

Redis must keep what it is given: see `shared.bus.redis.durability` for how to run it, and what a
failover loses. One primary, found by its address; a Redis Cluster is not.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import structlog

from shared.background import Background
from shared.bus.checking import check_names, fault_of
from shared.bus.closing import Once
from shared.bus.declaring import Declarations
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
from shared.bus.redis.address import Address
from shared.bus.redis.consumer import LEASE, Consumer
from shared.bus.redis.keys import Keys
from shared.bus.redis.publisher import Publisher
from shared.bus.redis.pulse import Pulse
from shared.bus.redis.queues import Queues
from shared.bus.redis.reader import Reader
from shared.bus.redis.sessions import Sessions
from shared.bus.slots import Slots

log = structlog.get_logger()

FIRST_TRY_SECONDS = 3.0


class RedisBus:
    """See `shared.bus.protocol.Bus` for what each method promises."""

    def __init__(self, address: Address, source: str, lease: timedelta, slots: Slots) -> None:
        self._address = address
        self._source = source
        self._lease = lease
        self._slots = slots
        self._publishing = Sessions(address, source, 1)
        self._consuming = Sessions(address, source, 3)
        self._publisher = Publisher(self._publishing, address.prefix)
        self._queues = Queues(self._consuming, Keys(address.prefix), f"{source}-{uuid4().hex[:12]}")
        self._consumers: dict[str, Consumer] = {}
        self._declarations = Declarations(self._queues.declare)
        self._pulse = Pulse(self._consuming, self._declarations.again)
        self._background = Background()
        self._close = Once()

    @classmethod
    async def open(cls, url: str, source: str, *, lease: timedelta = LEASE, slots: Slots | None = None) -> "RedisBus":
        """`lease` is how long a killed process's messages wait for another, `slots` are those of several buses.

        Raises `BadBrokerUrl`.
        """
        bus = cls(Address.of(url), source, lease, slots or Slots())
        try:
            async with asyncio.timeout(FIRST_TRY_SECONDS):
                await bus._publisher.durability()
        except (BusUnavailable, TimeoutError) as error:
            log.warning("bus.away_at_start", error=str(error) or type(error).__name__)
        bus._background.start("pulse", bus._pulse.run)
        bus._background.start("declare", bus._declarations.run)
        return bus

    async def publish(self, messages: Sequence[Message]) -> list[BusError | None]:
        faults = [fault_of(message) for message in messages]
        fit = [message for message, fault in zip(messages, faults, strict=True) if fault is None]
        if self._close.begun:
            return [fault or BusUnavailable("this bus is closed") for fault in faults]
        sent = await self._publisher.send(fit) if fit else []
        if any(isinstance(outcome, Unroutable) for outcome in sent):
            self._declarations.again()
        outcomes = iter(sent)
        return [fault or next(outcomes) for fault in faults]

    async def takes_messages(self) -> bool:
        """Whether Redis can be written to now."""
        return await self._publisher.takes_messages()

    async def declare(self, queue: str, keys: Sequence[str]) -> None:
        self._refuse_when_closed()
        check_names(queue, keys)
        await self._declarations.add(queue, keys)

    async def subscribe(self, subscription: Subscription, handler: Handler) -> None:
        if subscription.queue in self._consumers:
            raise ValueError(f"{subscription.queue} is already served here")
        await self.declare(subscription.queue, subscription.keys)
        reader = Reader(Sessions(self._address, self._source, 1), self._queues, subscription.queue, self._lease)
        consumer = Consumer(self._queues, reader, subscription, handler, self._lease, self._slots.of(subscription))
        self._consumers[subscription.queue] = consumer
        consumer.start()

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        self._refuse_when_closed()
        return await self._queues.dead_letters(queue, limit)

    async def replay(self, queue: str, message_id: str) -> bool:
        self._refuse_when_closed()
        return await self._queues.exhume(queue, message_id, replay=True)

    async def discard(self, queue: str, message_id: str) -> bool:
        self._refuse_when_closed()
        return await self._queues.exhume(queue, message_id, replay=False)

    async def status(self, queues: Sequence[str]) -> list[QueueStatus]:
        self._refuse_when_closed()
        return [await self._queues.status(queue) for queue in queues]

    def healthy(self) -> bool:
        served = all(consumer.attached for consumer in self._consumers.values())
        return self._pulse.beats and served and self._declarations.in_force and not self._close.begun

    async def close(self, grace: timedelta = timedelta(seconds=5)) -> None:
        await self._close.run(lambda: self._close_all(grace))

    async def _close_all(self, grace: timedelta) -> None:
        await asyncio.gather(*(consumer.close(grace) for consumer in self._consumers.values()))
        await self._background.close()
        await self._publisher.close()
        await asyncio.gather(self._publishing.close(), self._consuming.close())

    def _refuse_when_closed(self) -> None:
        if self._close.begun:
            raise BusUnavailable("this bus is closed")
