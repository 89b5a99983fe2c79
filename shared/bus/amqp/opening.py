"""Channels for a few steps, and the errors a lost line shows itself by."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from aio_pika.abc import AbstractConnection
from aiormq import Channel
from aiormq.exceptions import AMQPError

from shared.bus.protocol import BusUnavailable

# aiormq raises RuntimeError for a transport that is gone already.
LINE_LOST: tuple[type[Exception], ...] = (AMQPError, OSError, TimeoutError, RuntimeError)
AWAY: tuple[type[Exception], ...] = (*LINE_LOST, BusUnavailable)


@asynccontextmanager
async def opened(connection: AbstractConnection) -> AsyncIterator[Channel]:
    """A channel for some declarations or looks; what it still holds goes back when it is closed."""
    channel = connection.channel(publisher_confirms=False)
    await channel.initialize()
    try:
        yield cast(Channel, await channel.get_underlay_channel())
    finally:
        if not channel.is_closed:
            await channel.close()
