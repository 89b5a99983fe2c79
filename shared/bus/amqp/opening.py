"""Channels for a few steps, and the errors a lost line shows itself by."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from aio_pika.abc import AbstractConnection
from aiormq import Channel
from aiormq.exceptions import AMQPError

from shared.background import is_cancelled
from shared.bus.protocol import BusUnavailable

OPEN_SECONDS = 5.0
# aiormq raises RuntimeError for a transport that is gone already, and StopAsyncIteration for one that was taken and
# ended before its first frame, as by a balancer whose broker is away.
LINE_LOST: tuple[type[Exception], ...] = (AMQPError, OSError, TimeoutError, RuntimeError, StopAsyncIteration)
AWAY: tuple[type[Exception], ...] = (*LINE_LOST, BusUnavailable)


@asynccontextmanager
async def opened(connection: AbstractConnection) -> AsyncIterator[Channel]:
    """A channel for some declarations or looks; what it still holds goes back when it is closed.

    Raises one of `LINE_LOST`, also where the library says so with a CancelledError.
    """
    channel = connection.channel(publisher_confirms=False)
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            await channel.initialize()
        yield cast(Channel, await channel.get_underlay_channel())
    except asyncio.CancelledError as error:
        if is_cancelled():
            raise
        raise ConnectionResetError("the line was lost") from error
    finally:
        if not channel.is_closed:
            await channel.close()
