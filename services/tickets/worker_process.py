"""One rendering process as its parent sees it: started, asked, killed.

The child leads a session of its own, so that a Ctrl-C in the terminal goes to the service alone, and
ends when its pipe closes or, on Linux, the moment its parent dies.
"""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process

from services.tickets.worker import LENGTH_BYTES

START_SECONDS = 60.0


class WorkerLost(Exception):
    """The process ended, or had to be killed."""


class TooSlow(Exception):
    """The job was not done at its deadline; its process was killed."""


class WorkerProcess:
    """A child that draws one job at a time. Call from inside the running loop."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._answers: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._heard_at = self._now()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def launch(cls, module: str, memory_bytes: str) -> "WorkerProcess":
        """Start the child; it has its fonts only once `ready` returns. Raises `OSError`."""
        # -P: the child imports from where we do, and from nowhere else.
        command = (sys.executable, "-P", "-m", "services.tickets.worker", module, memory_bytes)
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = {**os.environ, "PYTHONPATH": paths}
        return cls(
            await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, env=environment, start_new_session=True
            )
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def silent_seconds(self) -> float:
        """How long ago it last answered."""
        return self._now() - self._heard_at

    @property
    def alive(self) -> bool:
        return self._process.returncode is None and not self._input.is_closing()

    async def ready(self) -> None:
        """Wait until it has said so. Raises `WorkerLost`."""
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._answer()
        except TimeoutError:
            self.kill()
            raise WorkerLost(f"not ready after {START_SECONDS:g} s") from None

    async def greet(self) -> None:
        """Have it answer while it has nothing to do; one that is stopped never returns. Raises `WorkerLost`."""
        await self.ask(b"")

    async def ask(self, job: bytes) -> bytes:
        """Send a job and wait for what it answers. Raises `WorkerLost`."""
        try:
            self._input.write(len(job).to_bytes(LENGTH_BYTES) + job)
            await self._input.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise WorkerLost("the process is gone") from error
        return await self._answer()

    def kill(self) -> None:
        self._input.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def close(self) -> None:
        """Kill it and wait until nothing of it is left; safe to call twice."""
        self.kill()
        # Shielded: it is what frees the pipes, whoever may stop waiting for it.
        await asyncio.shield(self._reading)

    async def _answer(self) -> bytes:
        answer = await self._answers.get()
        if answer is None:
            self._answers.put_nowait(None)
            raise WorkerLost(f"the process ended with status {self._process.returncode}")
        self._heard_at = self._now()
        return answer

    async def _read(self) -> None:
        """Take answers until the output ends, then wait for the exit: only both together free the pipes."""
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                length = int.from_bytes(await self._output.readexactly(LENGTH_BYTES))
                self._answers.put_nowait(await self._output.readexactly(length))
        await self._process.wait()
        self._answers.put_nowait(None)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def _input(self) -> asyncio.StreamWriter:
        if self._process.stdin is None:
            raise TypeError("a worker is started with pipes")
        return self._process.stdin

    @property
    def _output(self) -> asyncio.StreamReader:
        if self._process.stdout is None:
            raise TypeError("a worker is started with pipes")
        return self._process.stdout
