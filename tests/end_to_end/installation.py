"""`boxoffice up` as a person runs it: a command in a terminal, a data folder, and a few ports."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import aiohttp

from tests.end_to_end.processes import Running, family
from tests.scrubbing import clean_environment
from tests.servers.programs import free_port
from tests.servers.waiting import eventually

COMMAND = Path(sys.executable).with_name("boxoffice")
# A cold start fetches nothing here and takes a few seconds; a machine busy with other tests takes its time.
START_SECONDS = 120.0
STOP_SECONDS = 30.0
NOT_YET = (aiohttp.ClientError, OSError, TimeoutError)

Service = Literal["orders", "tickets", "mailer"]
SERVICES: tuple[Service, ...] = ("orders", "tickets", "mailer")


@dataclass(slots=True)
class Installation:
    """One data folder, and the command that serves it. `settings` are environment variables."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    orders_port: int = field(default_factory=free_port)
    tickets_port: int = field(default_factory=free_port)
    inbox_port: int = field(default_factory=free_port)
    _process: asyncio.subprocess.Process | None = None

    @property
    def orders(self) -> str:
        return f"http://127.0.0.1:{self.orders_port}"

    @property
    def inbox(self) -> str:
        return f"http://127.0.0.1:{self.inbox_port}"

    @property
    def output(self) -> str:
        """What the terminal showed since the first start."""
        return self._terminal.read_text(errors="replace")

    async def start(self) -> None:
        """Run the command until it serves; raises `AssertionError` with its output when it ends instead."""
        before = len(self.output) if self._terminal.exists() else 0
        with self._terminal.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(COMMAND, "up", "--data", self.data, "--port", str(self.orders_port)),
                *("--tickets-port", str(self.tickets_port), "--inbox-port", str(self.inbox_port)),
                env=clean_environment() | self.settings,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

        async def serves() -> bool:
            assert self._process
            assert self._process.returncode is None, f"`boxoffice up` ended:\n{self.output}"
            return "curl" in self.output[before:]

        try:
            await eventually(serves, START_SECONDS)
        except TimeoutError as error:
            raise AssertionError(f"`boxoffice up` does not come to its end:\n{self.output}") from error

    async def interrupt(self) -> int:
        """Ctrl-C: the terminal's whole foreground group gets it. Returns the exit code."""
        assert self._process
        os.killpg(self._process.pid, signal.SIGINT)
        return await asyncio.wait_for(self._process.wait(), STOP_SECONDS)

    def processes(self) -> list[Running]:
        """The command and everything it started."""
        assert self._process
        return family(self._process.pid)

    def pid(self, service: Service) -> int:
        """The service's own process, which the command started; raises `ValueError` while it is away."""
        assert self._process
        (found,) = (
            process.pid
            for process in self.processes()
            if f"serve {service}" in process.command and process.parent == self._process.pid
        )
        return found

    def signal(self, service: Service, number: signal.Signals) -> int:
        """Send a signal to the service's own process; its pid."""
        pid = self.pid(service)
        os.kill(pid, number)
        return pid

    async def end(self) -> None:
        """Whatever state it is in: nothing is left."""
        if self._process is None or self._process.returncode is not None:
            return
        for process in self.processes():
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        await self._process.wait()

    @property
    def _terminal(self) -> Path:
        return self.data.with_suffix(".terminal")
