"""The services' processes: started, started again when they end, killed and stopped."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from boxoffice.child import Child, Command
from tests.chaos.journal import Journal
from tests.end_to_end.processes import family

# A supervisor takes its time, too.
RESTART_SECONDS = 0.5
STOP_SECONDS = 10.0


@dataclass(slots=True)
class Service:
    """One process of `boxoffice serve`: `orders-1` is one of orders. `log` gets what it says."""

    name: str
    port: int
    environment: Mapping[str, str]
    log: Path
    journal: Journal
    planted: tuple[str, ...] = ()
    _child: Child | None = None
    _killed: bool = field(default=False)
    _keeping: asyncio.Task[None] | None = None
    _log: IO[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Keep it running until `end`."""
        self._log = self.log.open("a", buffering=1)
        self._keeping = asyncio.create_task(self._keep())

    async def end(self) -> None:
        if self._keeping:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._child:
            self.signal(signal.SIGCONT)
            await self._child.stop(STOP_SECONDS)
        if self._log:
            self._log.close()

    def kill(self) -> None:
        """As `kill -9` of the process; what it started hangs on it."""
        if self._child and self._child.exit_code is None:
            self._killed = True
            self.signal(signal.SIGKILL)
            self.journal.note("killed", what=self.name, pid=self._child.pid)

    async def restart(self) -> None:
        """Kill it, and wait until it runs again."""
        before = self._child
        self.kill()
        while self._child is before:
            await asyncio.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        if self._child and self._child.exit_code is None:
            self._child.signal(number)

    def workers(self) -> list[int]:
        """The processes that it started, in order of their age."""
        if not self._child or self._child.exit_code is not None:
            return []
        return sorted(process.pid for process in family(self._child.pid) if process.pid != self._child.pid)

    def plant(self, *names: str) -> None:
        """From the next start on it has these faults of `planted.py`; without names none."""
        self.planted = names

    def _command(self) -> Command:
        module = ("tests.chaos.planted", ",".join(self.planted)) if self.planted else ("boxoffice",)
        kind = self.name.partition("-")[0]
        words = (sys.executable, "-P", "-m", *module, "serve", kind, "--port", str(self.port))
        return Command(words, self.environment)

    async def _keep(self) -> None:
        while True:
            self._child = await Child.start(self._command(), lambda line: print(line, file=self._log))
            code = await self._child.ended()
            self.journal.note("ended", what=self.name, code=code, by_us=self._killed)
            self._killed = False
            await asyncio.sleep(RESTART_SECONDS)


def send(pid: int, number: signal.Signals) -> None:
    """A signal to a process that may be gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
