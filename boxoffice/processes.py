"""One service in several processes that share its port (SO_REUSEPORT): the kernel deals out the connections.

The first process serves nobody: it starts the others, tells that all of them serve, starts again the one
that dies, and stops all. Killed itself, it takes them with it.
"""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from boxoffice.child import Child, Command, describe_end
from boxoffice.failures import CannotStart, WrongUsage
from boxoffice.ports import refuse_taken
from boxoffice.supervisor import Supervisor
from shared.metrics.showing import FOLDER, forget
from shared.service import NOTIFY_SOCKET, READY, SHARED_PORT, WATCHDOG_PID, WATCHDOG_USEC, stay_watched, tell_ready

# A service finishes the requests in hand within 3 seconds, and its bus within 5.
STOP_SECONDS = 10.0
# A process says twice in that time that it is well.
WATCHDOG_MICROSECONDS = 2_000_000


def serve_side_by_side(service: str, port: int, processes: int) -> int:
    """Run until SIGTERM or SIGINT. Raises `CannotStart`, also when one of the processes can't start."""
    refuse_taken({"--port": port})
    words = (sys.executable, "-P", "-m", "boxoffice", "serve", service, "--port", str(port))
    with tempfile.TemporaryDirectory(prefix="boxoffice") as metrics:
        folder = Path(metrics)
        return asyncio.run(_serve([Process(f"{service} {n + 1}", words, folder) for n in range(processes)]))


async def _serve(processes: list["Process"]) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    supervisor = Supervisor(_say)
    stopping = asyncio.ensure_future(stop.wait())
    starting = asyncio.ensure_future(supervisor.start(*processes))
    try:
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            tell_ready()
            async with stay_watched():
                await stopping
    finally:
        starting.cancel()
        stopping.cancel()
        await asyncio.wait([starting, stopping])
        await supervisor.stop(STOP_SECONDS)
    return 0


class Process:
    """One of the processes; started once it says that it listens. See `supervisor.Part`."""

    def __init__(self, name: str, words: tuple[str, ...], metrics: Path) -> None:
        """`metrics` is the folder in which the processes keep their numbers, so that any tells those of all."""
        self.name = name
        self._words = words
        self._metrics = metrics
        self._last_lines: deque[str] = deque(maxlen=1)
        self._child: Child | None = None
        self._heard = ExitStack()
        self._notices: socket.socket | None = None

    async def start(self) -> None:
        self._heard.close()
        path, self._notices = self._heard.enter_context(ready_socket())
        self._child = await Child.start(Command(self._words, self._environment(path)), self._hear)
        told = asyncio.ensure_future(told_ready(self._notices))
        ended = asyncio.ensure_future(self._child.ended())
        try:
            await asyncio.wait([told, ended], return_when=asyncio.FIRST_COMPLETED)
            if not told.done():
                kind = WrongUsage if ended.result() == WrongUsage.exit_code else CannotStart
                raise kind(f"{self.name} {describe_end(ended.result())}")
        except BaseException:
            await self.stop(0)
            raise
        finally:
            told.cancel()
            ended.cancel()

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def ended(self) -> int:
        if not self._child:
            return 0
        code = await self._child.ended()
        forget(self._child.pid, self._metrics)
        return code

    async def stop(self, grace: float) -> None:
        if self._child:
            await self._child.stop(grace)
        self._heard.close()

    def kill(self) -> None:
        if self._child:
            self._child.kill()

    async def answers(self) -> bool:
        """All share a port: each says by itself, about every second, that it is well."""
        if self._notices is None:
            return False
        said = 0
        with suppress(BlockingIOError):
            while self._notices.recv(4096):
                said += 1
        return said > 0 or bool(await asyncio.get_running_loop().sock_recv(self._notices, 4096))

    def last_words(self) -> str:
        return (self._last_lines or [""])[-1].strip()

    def _environment(self, path: str) -> dict[str, str]:
        ours = {SHARED_PORT: "1", NOTIFY_SOCKET: path, WATCHDOG_USEC: str(WATCHDOG_MICROSECONDS)}
        inherited = {name: value for name, value in os.environ.items() if name != WATCHDOG_PID}
        return inherited | ours | {FOLDER: str(self._metrics)}

    def _hear(self, line: str) -> None:
        self._last_lines.append(line)
        print(line, file=sys.stderr, flush=True)


@contextmanager
def ready_socket() -> Iterator[tuple[str, socket.socket]]:
    """A path for `NOTIFY_SOCKET`, and the socket that hears what is sent to it."""
    with (
        tempfile.TemporaryDirectory(prefix="boxoffice") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as ready,
    ):
        path = str(Path(folder) / "ready")
        ready.bind(path)
        yield path, ready


async def told_ready(ready: socket.socket) -> None:
    """Wait until whoever was given the socket's path says that it serves."""
    while READY not in await asyncio.get_running_loop().sock_recv(ready, 4096):
        continue


def _say(line: str) -> None:
    print(f"boxoffice: {line}", file=sys.stderr, flush=True)
