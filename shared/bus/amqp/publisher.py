"""Publishing with confirms: each message's outcome is the broker's own word on it."""

import asyncio
from typing import cast

from aio_pika.abc import AbstractConnection
from aiormq import Channel, spec
from aiormq.exceptions import DeliveryError, PublishError

from shared.bus.amqp.line import Line
from shared.bus.amqp.opening import LINE_LOST, OPEN_SECONDS
from shared.bus.amqp.topology import declare_exchange
from shared.bus.protocol import BusError, BusUnavailable, Refused, Unroutable

CONFIRM_SECONDS = 5.0


class Publisher:
    """A confirming channel, opened when first needed and again after it was lost, or its connection has had its time.

    `patience` is how many seconds a confirm may take; then the outcome is unknown.
    """

    def __init__(self, line: Line, patience: float = CONFIRM_SECONDS) -> None:
        self._line = line
        self._patience = patience
        self._opening = asyncio.Lock()
        self._channel: Channel | None = None
        self._connection: AbstractConnection | None = None
        # The broker names a returned message by its id alone, so one id is never twice in flight.
        self._in_flight: dict[str, asyncio.Event] = {}

    async def send(self, exchange: str, key: str, body: bytes, properties: spec.Basic.Properties) -> BusError | None:
        """None: confirmed by every queue it was routed to. Never raises for the broker's sake."""
        identity = str(properties.message_id)
        while other := self._in_flight.get(identity):
            await other.wait()
        self._in_flight[identity] = done = asyncio.Event()
        try:
            return await self._send(exchange, key, body, properties)
        finally:
            del self._in_flight[identity]
            done.set()

    async def _send(self, exchange: str, key: str, body: bytes, properties: spec.Basic.Properties) -> BusError | None:
        try:
            channel = await self._open()
            await channel.basic_publish(
                body,
                exchange=exchange,
                routing_key=key,
                properties=properties,
                mandatory=True,
                timeout=self._patience,
                wait=False,
            )
            return None
        except PublishError:
            return Unroutable(f"no queue is bound to {key}")
        except DeliveryError as error:
            refused = Refused("RabbitMQ refused the message: a queue is full, or not writable")
            refused.__cause__ = error
            return refused
        except TimeoutError as error:
            return _because(f"no confirm within {self._patience:g} s", error)
        except BusUnavailable as error:
            return error
        except LINE_LOST as error:
            return _because(f"the line was lost: {type(error).__name__}", error)
        except asyncio.CancelledError as error:
            # The library's way to say that the connection died, unless we are cancelled ourselves.
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            return _because("the line was lost", error)

    async def _open(self) -> Channel:
        if usable := self._usable():
            return usable
        # All who wait for the first to open it wait no longer than it may take.
        async with asyncio.timeout(min(OPEN_SECONDS, self._patience)), self._opening:
            if usable := self._usable():
                return usable
            connection = self._line.current()
            await declare_exchange(connection)
            channel = connection.channel(publisher_confirms=True, on_return_raises=True)
            await channel.initialize()
            self._channel = cast(Channel, await channel.get_underlay_channel())
            self._connection = connection
            return self._channel

    def _usable(self) -> Channel | None:
        if self._channel is None or self._channel.is_closed or self._connection is not self._line.current():
            return None
        return self._channel


def _because(what: str, error: BaseException) -> BusUnavailable:
    outcome = BusUnavailable(what)
    outcome.__cause__ = error
    return outcome
