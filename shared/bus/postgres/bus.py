"""The bus over Postgres.

A publish is one INSERT that makes a row for each bound queue. Consumers lease rows (`SKIP LOCKED`, by
the database's clock, renewed while the handler runs) and delete them in batches. NOTIFY wakes them;
a poll every second is the truth behind it. Attempts are counted when a row is taken, so a killed
worker's attempt counts; its rows come back when the lease ends.

Connections: 2 to publish, 3 to consume, 1 to listen.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import structlog

from shared.background import Background
from shared.bus.checking import check_names, fault_of
from shared.bus.closing import Once
from shared.bus.declaring import Declarations
from shared.bus.postgres import queries
from shared.bus.postgres.consumer import LEASE, Consumer
from shared.bus.postgres.direct import DirectPublisher
from shared.bus.postgres.queries import WAKE_ALL
from shared.bus.postgres.sessions import Sessions
from shared.bus.postgres.wakeups import Wakeups
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

log = structlog.get_logger()

FIRST_TRY_SECONDS = 3.0
# A sweep reads the whole queues: not after each message, and not when they are quiet.
SWEEP_SECONDS = 5.0


class PostgresBus:
    """See `shared.bus.protocol.Bus` for what each method promises."""

    def __init__(
        self,
        publishing: Sessions,
        consuming: Sessions,
        url: str,
        source: str,
        lease: timedelta,
        slots: Slots,
        *,
        receipts: bool,
    ) -> None:
        self._publishing = publishing
        self._consuming = consuming
        self._lease = lease
        self._slots = slots
        self._receipts = receipts
        # NOTIFY alone need not be flushed: through the sessions that don't wait for the disk.
        self.direct = DirectPublisher(consuming) if receipts else None
        self._consumers: dict[str, Consumer] = {}
        self._declarations = Declarations(lambda queue, keys: queries.declare(consuming, queue, keys))
        self._wakeups = Wakeups(url, source, self._wake)
        self._background = Background()
        self._close = Once()

    @classmethod
    async def open(
        cls, url: str, source: str, *, lease: timedelta = LEASE, slots: Slots | None = None, database: str = ""
    ) -> "PostgresBus":
        """`lease` is how long a killed process's messages wait for another, `slots` are those of several buses.

        `database` is where the handlers write: when that is where the bus lies, deliveries have receipts.
        """
        publishing = await Sessions.open(url, source, size=2, durable=True)
        consuming = await Sessions.open(url, source, size=3, durable=False)
        bus = cls(publishing, consuming, url, source, lease, slots or Slots(), receipts=url == database)
        try:
            async with asyncio.timeout(FIRST_TRY_SECONDS), publishing.use():
                pass
        except (BusUnavailable, TimeoutError) as error:
            log.warning("bus.away_at_start", error=str(error) or type(error).__name__)
        bus._background.start("listen", bus._wakeups.run)
        bus._background.start("declare", bus._declarations.run)
        bus._background.start("sweep", bus._sweep)
        return bus

    async def publish(self, messages: Sequence[Message]) -> list[BusError | None]:
        faults = [fault_of(message) for message in messages]
        fit = [message for message, fault in zip(messages, faults, strict=True) if fault is None]
        try:
            self._refuse_when_closed()
            routed = await queries.enqueue(self._publishing, fit) if fit else set()
        except BusUnavailable as error:
            return [fault or error for fault in faults]
        if any(message.key not in routed for message in fit):
            self._declarations.again()
        return [
            fault or (None if message.key in routed else Unroutable(f"no queue is bound to {message.key}"))
            for message, fault in zip(messages, faults, strict=True)
        ]

    async def takes_messages(self) -> bool:
        """Whether Postgres can be written to now."""
        try:
            return await queries.writable(self._publishing)
        except BusUnavailable:
            return False

    async def declare(self, queue: str, keys: Sequence[str]) -> None:
        self._refuse_when_closed()
        check_names(queue, keys)
        await self._declarations.add(queue, keys)

    async def subscribe(self, subscription: Subscription, handler: Handler) -> None:
        if subscription.queue in self._consumers:
            raise ValueError(f"{subscription.queue} is already served here")
        await self.declare(subscription.queue, subscription.keys)
        slots = self._slots.of(subscription)
        consumer = Consumer(self._consuming, subscription, handler, self._lease, slots, receipts=self._receipts)
        self._consumers[subscription.queue] = consumer
        consumer.start()

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        self._refuse_when_closed()
        return await queries.dead_letters(self._consuming, queue, limit)

    async def replay(self, queue: str, message_id: str) -> bool:
        self._refuse_when_closed()
        return await queries.replay(self._publishing, queue, message_id)

    async def discard(self, queue: str, message_id: str) -> bool:
        self._refuse_when_closed()
        return await queries.discard(self._publishing, queue, message_id)

    async def status(self, queues: Sequence[str]) -> list[QueueStatus]:
        self._refuse_when_closed()
        return await queries.status(self._consuming, queues)

    def healthy(self) -> bool:
        served = all(consumer.attached for consumer in self._consumers.values())
        return self._wakeups.listening and served and self._declarations.in_force and not self._close.begun

    async def close(self, grace: timedelta = timedelta(seconds=5)) -> None:
        await self._close.run(lambda: self._close_all(grace))

    async def _close_all(self, grace: timedelta) -> None:
        await asyncio.gather(*(consumer.close(grace) for consumer in self._consumers.values()))
        await self._background.close()
        await asyncio.gather(self._publishing.close(), self._consuming.close())

    async def _sweep(self) -> None:
        """For ever: messages of which every delivery is settled go, after moments in which some were."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            if any(consumer.has_settled() for consumer in self._consumers.values()):
                with suppress(BusUnavailable):
                    await queries.sweep(self._consuming)

    def _wake(self, queue: str) -> None:
        if queue == WAKE_ALL:
            self._declarations.again()
        for name, consumer in self._consumers.items():
            if queue in (name, WAKE_ALL):
                consumer.wake()

    def _refuse_when_closed(self) -> None:
        if self._close.begun:
            raise BusUnavailable("this bus is closed")
