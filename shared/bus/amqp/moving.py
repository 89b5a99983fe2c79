"""Moving a delivered message to where it goes next: a wait, the dead letters, or its queue's end."""

import asyncio

import structlog
from aiormq import spec
from aiormq.abc import DeliveredMessage

from shared.bus.amqp import topology, wire
from shared.bus.amqp.line import Line
from shared.bus.amqp.opening import AWAY
from shared.bus.amqp.publisher import Publisher
from shared.bus.backoff import waits
from shared.bus.consuming import Bury, Retry, Settlement
from shared.bus.protocol import Delivery, Unroutable

log = structlog.get_logger()

LONGEST_WAIT_SECONDS = 2.0


class Mover:
    """Publishes copies by the default exchange, on a channel of its own."""

    def __init__(self, line: Line, source: str) -> None:
        self._line = line
        self._source = source
        self._publisher = Publisher(line)

    async def move(self, delivered: DeliveredMessage, delivery: Delivery, what: Settlement) -> bool:
        """Returns once a copy is confirmed at its new place; then the original may be acknowledged.

        False when the line went first: the broker delivers the original again.
        """
        target, properties = self._copy(delivery, what)
        for pause in waits(0.05, LONGEST_WAIT_SECONDS):
            error = await self._publisher.send("", target, delivery.message.body, properties)
            if error is None or delivered.channel.is_closed:
                return error is None
            if isinstance(error, Unroutable) and await self._declared(delivery.queue, target):
                continue
            await asyncio.sleep(pause)
        raise AssertionError("waits never end")

    def _copy(self, delivery: Delivery, what: Settlement) -> tuple[str, spec.Basic.Properties]:
        message, queue = delivery.message, delivery.queue
        match what:
            case Bury(reason, attempts):
                headers = wire.burial(message, reason, attempts)
                return topology.dead_queue(queue), wire.properties(message, self._source, headers)
            case Retry(after, attempts):
                headers = {wire.KEY: message.key, wire.ATTEMPTS: attempts}
                return topology.retry_queue(queue, after), wire.properties(message, self._source, headers, after)
            case _:
                headers = {wire.KEY: message.key, wire.ATTEMPTS: delivery.attempt - 1}
                return queue, wire.properties(message, self._source, headers)

    async def _declared(self, queue: str, target: str) -> bool:
        """Retry queues are made when first needed; the others only when someone deleted them."""
        try:
            if target in topology.retry_queues(queue):
                await topology.declare_retry_queue(self._line.current(), queue, target)
            else:
                await topology.declare_queue(self._line.current(), queue, ())
        except AWAY as error:
            log.warning("bus.queue_unreachable", queue=target, error=f"{error!r}")
            return False
        return True
