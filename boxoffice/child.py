"""A child process: started tethered to us, its output read line by line, stopped with a grace period."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from boxoffice.tether import tethered

# A line longer than this is cut in pieces rather than gathered in memory.
LINE_BYTES = 64 * 1024
# Processes that our child left behind may hold its output open: we listen this long, then go on.
LAST_WORDS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Command:
    """`environment` is the whole of it. `farewell` stops the command in order, also when we are killed."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    farewell: signal.Signals = signal.SIGTERM
    user: tuple[int, int] | None = None
    folder: Path | None = None


class Child:
    """A running command in a session of its own, so that a terminal's Ctrl-C does not reach it."""

    def __init__(self, process: asyncio.subprocess.Process, farewell: signal.Signals, reading: asyncio.Task[None]):
        self._process = process
        self._farewell = farewell
        self._reading = reading
        self._ended = asyncio.create_task(self._follow())

    @classmethod
    async def start(cls, command: Command, on_line: Callable[[str], None], stdin: int = subprocess.DEVNULL) -> "Child":
        """Raises `OSError` when it can't be started. `on_line` gets each line of its output and errors."""
        # Our own pipe: asyncio's would have `wait` wait for whoever else holds its other end.
        ours, theirs = os.pipe()
        stream = asyncio.StreamReader(limit=LINE_BYTES)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(ours, "rb", buffering=0)
        )
        reading = asyncio.create_task(_read_lines(stream, on_line))
        try:
            process = await asyncio.create_subprocess_exec(
                *tethered(command.words, command.farewell, command.user),
                stdin=stdin,
                stdout=theirs,
                stderr=subprocess.STDOUT,
                env=dict(command.environment),
                cwd=command.folder,
                start_new_session=True,
            )
        finally:
            os.close(theirs)
        return cls(process, command.farewell, reading)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative is the signal that ended it."""
        return self._process.returncode

    async def ended(self) -> int:
        """Wait for its end and its last line; returns the exit code."""
        return await asyncio.shield(self._ended)

    async def stop(self, grace: float) -> None:
        """Ask it to stop; after `grace` seconds kill it and what it started. Idempotent."""
        self.signal(self._farewell)
        try:
            async with asyncio.timeout(grace):
                await self.ended()
        except TimeoutError:
            self.kill()
            await self.ended()

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """At once, with everything in its process group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    async def _follow(self) -> int:
        code = await self._process.wait()
        # What it started must not outlive it.
        self.kill()
        await asyncio.wait([self._reading], timeout=LAST_WORDS_SECONDS)
        return code


async def _read_lines(stream: asyncio.StreamReader, on_line: Callable[[str], None]) -> None:
    while True:
        try:
            line = await stream.readuntil()
        except asyncio.IncompleteReadError as error:
            line = error.partial
        except asyncio.LimitOverrunError as error:
            line = await stream.read(error.consumed or LINE_BYTES)
        if not line:
            return
        with suppress(OSError):
            # Where it can't be passed on we read on: a child whose output nobody reads would soon stand still.
            on_line(line.decode(errors="replace").rstrip("\r\n"))


def describe_end(code: int) -> str:
    """An exit code in words: `was killed by SIGKILL`, `ended with exit code 1`."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


def children_of(pid: int) -> list[int]:
    """The processes that it started and that still run (Linux; elsewhere none are known)."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
