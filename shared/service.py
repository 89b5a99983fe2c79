"""The same lines with which every service starts and stops.

    def main(port: int | None = None) -> int:
        return service.run("tickets", TicketsSettings, partial(wire, port=port or PORT))

`wire` opens the service's parts, each pushed on the exit stack, and returns; the service then runs
until SIGTERM or SIGINT, and the parts are closed in reverse.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar

import structlog
import uvloop
from aiohttp import web

from shared.bus.protocol import BadBrokerUrl
from shared.keyring import BadKeyFile
from shared.object_store import BadStore
from shared.settings import BadSettings, Settings, load
from shared.telemetry import configure_logs

log = structlog.get_logger()

S = TypeVar("S", bound=Settings)
Wire = Callable[[S, AsyncExitStack], Awaitable[None]]

CANNOT_START = 1
BAD_SETTINGS = 2
# What may reach a service is decided in front of it: by the container, the firewall, the edge.
ALL_INTERFACES = "0.0.0.0"  # noqa: S104


def run(name: str, kind: type[S], wire: Wire[S]) -> int:
    """Run a service until it is told to stop. Returns the process's exit code."""
    try:
        settings = load(kind)
        configure_logs(name, settings.log_format, settings.log_level)
        uvloop.run(_serve(settings, wire))
    except (BadSettings, BadBrokerUrl) as error:
        print(error, file=sys.stderr)
        return BAD_SETTINGS
    except (BadKeyFile, BadStore, OSError) as error:
        print(f"{name} can't start: {error}", file=sys.stderr)
        return CANNOT_START
    return 0


async def listen(parts: AsyncExitStack, app: web.Application, port: int) -> None:
    """Answer HTTP on this port until the parts are closed; requests in hand get 3 seconds to finish."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=3.0, handle_signals=False)
    await runner.setup()
    parts.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, ALL_INTERFACES, port, reuse_address=True, backlog=1024).start()
    log.info("service.listening", port=port)


async def _serve(settings: S, wire: Wire[S]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as parts:
        await wire(settings, parts)
        await stop.wait()
        log.info("service.stopping")
