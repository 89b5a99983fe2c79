"""Serves one queue: takes what the broker pushes, runs the handler, settles by hand."""

import asyncio
from datetime import timedelta

import structlog
from aiormq import Channel
from aiormq.abc import DeliveredMessage

from shared.background import Background, Outage, is_cancelled
from shared.bus.amqp import topology, wire
from shared.bus.amqp.line import Line
from shared.bus.amqp.moving import Mover
from shared.bus.amqp.opening import AWAY, LINE_LOST, opened
from shared.bus.backoff import waits
from shared.bus.consuming import Finish, GiveBack, Gone, Settlement, attend
from shared.bus.protocol import Delivery, Handler, Subscription
from shared.bus.workers import Workers

log = structlog.get_logger()

ATTACH_SECONDS = 5.0
CLOSE_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 2.0
# A queue without a consumer, or with messages for us at two looks in a row and none came: we are forgotten.
WATCH_SECONDS = 5.0
# An ack's worth of new deliveries has arrived by then.
QUIET_SECONDS = 0.1


class Consumer:
    """One subscription at work. `attached` tells whether the broker is delivering to it."""

    def __init__(
        self, line: Line, mover: Mover, subscription: Subscription, handler: Handler, slots: asyncio.Semaphore
    ) -> None:
        self._line = line
        self._mover = mover
        self._subscription = subscription
        self._handler = handler
        self._workers = Workers(subscription.concurrency)
        self._slots = slots
        self._background = Background()
        self._channel: Channel | None = None
        self._tag = ""
        self._delivered = 0
        self._unacked = 0
        self._acked_at = 0.0
        self._holding_acks = False
        self._held_acks: list[DeliveredMessage] = []
        self._outage = Outage("bus.queue", queue=subscription.queue)
        self.attached = False

    def start(self) -> None:
        self._background.start(f"serve {self._subscription.queue}", self._serve)

    @property
    def in_flight(self) -> int:
        return self._subscription.concurrency - self._workers.free

    async def close(self, grace: timedelta) -> None:
        """Stop taking, let handlers finish within `grace`, give back the rest."""
        await self._stop_taking()
        await self._workers.drain(grace)
        await self._background.close()

    async def _serve(self) -> None:
        pauses = waits(0.05, LONGEST_WAIT_SECONDS)
        while not is_cancelled():
            connection = await self._line.connected()
            try:
                await topology.declare_queue(connection, self._subscription.queue, self._subscription.keys)
                async with opened(connection) as channel:
                    await self._attach_and_stay(channel)
                pauses = waits(0.05, LONGEST_WAIT_SECONDS)
            except AWAY as error:
                self._outage.begins(error)
            finally:
                self.attached = False
                self._channel = None
            await asyncio.sleep(next(pauses))

    async def _attach_and_stay(self, channel: Channel) -> None:
        lost = asyncio.Event()
        channel.closing.add_done_callback(lambda _: lost.set())
        channel.on_consumer_cancel_callbacks.add(lambda _: lost.set())
        self._unacked = 0
        async with asyncio.timeout(ATTACH_SECONDS):
            # Prefetch equal to concurrency: what one worker can't begin, another gets.
            await channel.basic_qos(prefetch_count=self._subscription.concurrency)
            consumed = await channel.basic_consume(self._subscription.queue, self._on_delivery)
        self._channel, self._tag, self.attached = channel, str(consumed.consumer_tag), True
        self._outage.over()
        await self._watch(lost)
        if not is_cancelled():
            log.warning("bus.consumer_lost", queue=self._subscription.queue)

    async def _watch(self, lost: asyncio.Event) -> None:
        """Returns when the channel is lost, the broker cancelled us, or silently forgot us.

        It does so when a queue is deleted and declared again in the same moment.
        """
        seen, suspicious = self._delivered, False
        # The library may have swallowed a cancel while we attached: `wait_for` of Python 3.11 does.
        while not lost.is_set() and not is_cancelled():
            try:
                async with asyncio.timeout(WATCH_SECONDS):
                    await lost.wait()
            except TimeoutError:
                idle = seen == self._delivered and self._workers.free == self._subscription.concurrency
                ready, consumers = await self._look_at_queue() if idle else (0, 1)
                if not consumers or (ready and suspicious):
                    return
                seen, suspicious = self._delivered, bool(ready)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _look_at_queue(self) -> tuple[int, int]:
        """How many messages are ready, and how many consumers it has."""
        async with opened(self._line.current()) as channel, asyncio.timeout(ATTACH_SECONDS):
            declared = await channel.queue_declare(self._subscription.queue, passive=True)
            return declared.message_count or 0, declared.consumer_count or 0

    async def _on_delivery(self, delivered: DeliveredMessage) -> None:
        """In a task of our own: the channel's tasks are cancelled with it, the handler need not be."""
        self._delivered += 1
        self._unacked += 1
        self._workers.start(self._handle(delivered))

    async def _handle(self, delivered: DeliveredMessage) -> None:
        message = wire.message_of(delivered)
        delivery = Delivery(message, self._subscription.queue, wire.attempt_of(delivered))
        settlement: Settlement = GiveBack()
        try:
            async with self._slots:
                settlement = await attend(delivery, self._subscription, self._handler)
        finally:
            # When `close` cancels us too: the message is given back before the channel closes.
            await self._settle(delivered, delivery, settlement)

    async def _settle(self, delivered: DeliveredMessage, delivery: Delivery, what: Settlement) -> None:
        """A message that moves is confirmed at its new place before it leaves the old one."""
        if not isinstance(what, Finish | Gone) and not await self._mover.move(delivered, delivery, what):
            return
        if self._holding_acks:
            self._held_acks.append(delivered)
        else:
            await self._ack(delivered)

    async def _ack(self, delivered: DeliveredMessage) -> None:
        if delivered.channel is self._channel:
            self._unacked -= 1
            self._acked_at = self._now()
        try:
            tag = delivered.delivery.delivery_tag  # type: ignore[union-attr]
            await delivered.channel.basic_ack(tag or 0, wait=False)
        except LINE_LOST as error:
            # It will come again; the inbox knows it.
            log.info("bus.ack_lost", queue=self._subscription.queue, error=type(error).__name__)

    async def _stop_taking(self) -> None:
        """Leave the queue in quiet: a quorum queue counts as a failed attempt what was on its way to a
        consumer that leaves. So hold back acks, which ask for more, until what they asked for is here."""
        if (channel := self._channel) is None:
            return
        self._holding_acks = True
        quiet_at = self._acked_at + QUIET_SECONDS
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                while self._unacked < self._subscription.concurrency and self._now() < quiet_at:
                    await asyncio.sleep(0.002)
                await channel.basic_cancel(self._tag)
        except LINE_LOST as error:
            log.info("bus.closed_roughly", queue=self._subscription.queue, error=type(error).__name__)
        self._holding_acks = False
        for delivered in self._held_acks:
            await self._ack(delivered)
