"""`boxoffice up`: the whole system on this machine, from nothing to the first ticket, until told to stop."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from boxoffice import data_dir
from boxoffice.installation import Installation
from boxoffice.ports import refuse_taken
from boxoffice.surroundings import look_around
from boxoffice.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Options:
    """As on the command line."""

    port: int
    tickets_port: int
    inbox_port: int
    data: Path


def run(options: Options) -> int:
    """Blocks until a signal says stop; returns the exit code. Raises `CannotStart`."""
    terminal = Terminal()
    data = data_dir.claim(options.data)
    try:
        refuse_taken(
            {"--port": options.port, "--tickets-port": options.tickets_port, "--inbox-port": options.inbox_port}
        )
        around = look_around(os.environ, data.path, options.port, options.tickets_port, options.inbox_port)
        return asyncio.run(_until_stopped(Installation(around, data, terminal), terminal))
    finally:
        data.release()
        terminal.close()


async def _until_stopped(installation: Installation, terminal: Terminal) -> int:
    opening = asyncio.ensure_future(installation.open())
    stopping = asyncio.Event()

    def stop() -> None:
        if stopping.is_set():
            installation.supervisor.kill()
        stopping.set()

    _on_signals(stop)
    told = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait([opening, told], return_when=asyncio.FIRST_COMPLETED)
        if opening.done():
            opening.result()
            await told
        terminal.say("\n  Stopping (again: at once)")
    finally:
        opening.cancel()
        told.cancel()
        await asyncio.wait([opening, told])
        await installation.close()
    terminal.say("  Stopped; the data stays.")
    return 0


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Under nohup a closed terminal is no reason to stop.
        if not (number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN):
            loop.add_signal_handler(number, stop)
