"""The same lines with which every service starts and stops.

    def main(port: int | None = None) -> int:
        return service.run("tickets", TicketsSettings, partial(wire, port=port or PORT))

`wire` opens the service's parts, each pushed on the exit stack, and returns; the service then runs
until SIGTERM or SIGINT, and the parts are closed in reverse.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TypeVar

import structlog
import uvloop
from aiohttp import web

from shared.bus.protocol import BadBrokerUrl
from shared.correlation import correlate
from shared.http_server import ProblemRunner
from shared.keyring import BadKeyFile
from shared.object_store import BadStore
from shared.priority import step_back
from shared.settings import BadSettings, Settings, load
from shared.telemetry import configure_logs

log = structlog.get_logger()

S = TypeVar("S", bound=Settings)
Wire = Callable[[S, AsyncExitStack], Awaitable[object]]

# A connection on which no whole head has come for so long is cut, whether it is idle or dribbling.
IDLE_SECONDS = 75.0
# How long we go on reading a body that was answered before its end (too large, too slow).
LINGER_SECONDS = 2.0
# Set by `boxoffice serve --processes` for the processes that share a port.
SHARED_PORT = "BOXOFFICE_SHARED_PORT"
NOTIFY_SOCKET = "NOTIFY_SOCKET"
READY = b"READY=1"
WELL = b"WATCHDOG=1"
WATCHDOG_USEC, WATCHDOG_PID = "WATCHDOG_USEC", "WATCHDOG_PID"
# Newborn objects between looks for cycles (Python's own are 700, 10, 10): requests make few cycles and many objects.
COLLECT_EVERY = (10_000, 20, 20)
CANNOT_START = 1
BAD_SETTINGS = 2
# What may reach a service is decided in front of it: by the container, the firewall, the edge.
ALL_INTERFACES = "0.0.0.0"  # noqa: S104


def run(name: str, kind: type[S], wire: Wire[S]) -> int:
    """Run a service until it is told to stop. Returns the process's exit code."""
    try:
        settings = load(kind)
        configure_logs(name, settings.log_format, settings.log_level)
        step_back(settings.nice)
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
    correlate(app)
    app.on_response_prepare.append(_keep_quiet_about_us)
    runner = ProblemRunner(
        app,
        access_log=None,
        logger=_protocol_log(),
        shutdown_timeout=3.0,
        handle_signals=False,
        keepalive_timeout=IDLE_SECONDS,
        lingering_time=LINGER_SECONDS,
        auto_decompress=False,
    )
    await runner.setup()
    parts.push_async_callback(runner.cleanup)
    shared = bool(os.environ.get(SHARED_PORT))
    await web.TCPSite(runner, ALL_INTERFACES, port, reuse_address=True, reuse_port=shared, backlog=1024).start()
    log.info("service.listening", port=port)


async def _keep_quiet_about_us(_: web.Request, response: web.StreamResponse) -> None:
    """Which versions of what we run helps nobody but those who look for holes in them."""
    response.headers.popall("Server", None)


def _protocol_log() -> logging.Logger:
    """Silent: what is no HTTP gets its 400, and whoever sends it does not get to fill our log.

    Faults of ours never come this far: `shared.web.problems` tells them.
    """
    log = logging.getLogger("boxoffice.protocol")
    log.setLevel(logging.CRITICAL + 1)
    return log


async def _serve(settings: S, wire: Wire[S]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as parts:
        await wire(settings, parts)
        _spare_the_collector()
        tell_ready()
        async with stay_watched():
            await stop.wait()
        log.info("service.stopping")


def tell_ready() -> None:
    """By the protocol of sd_notify(3): systemd (`Type=notify`) listens, and so does `boxoffice serve --processes`."""
    _notify(READY)


@asynccontextmanager
async def stay_watched() -> AsyncIterator[None]:
    """Say twice in each `WATCHDOG_USEC` that our event loop runs, where that is set: by systemd (`WatchdogSec=`), or by
    `boxoffice serve --processes` (sd_watchdog_enabled(3))."""
    micro, pid = os.environ.get(WATCHDOG_USEC, ""), os.environ.get(WATCHDOG_PID, str(os.getpid()))
    wanted = micro.isdecimal() and int(micro) > 0 and pid == str(os.getpid())
    saying = asyncio.create_task(_say_well(int(micro) / 2_000_000)) if wanted else None
    try:
        yield
    finally:
        if saying:
            saying.cancel()


async def _say_well(every: float) -> None:
    while True:
        with suppress(OSError):
            # Full, because whoever listens is stopped, or gone.
            _notify(WELL)
        await asyncio.sleep(every)


def _notify(what: bytes) -> None:
    if path := os.environ.get(NOTIFY_SOCKET):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as told:
            told.sendto(what, "\0" + path[1:] if path.startswith("@") else path)


def _spare_the_collector() -> None:
    """What is loaded by now stays: walking through it again and again would stop the service for 40 ms at a time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_EVERY)
