"""What a run strikes at and what it looks at: servers, services, lines between them, and the mail sink."""

import asyncio
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp

from boxoffice.embedded_postgres import EmbeddedPostgres
from tests.bus.mortal import MortalPostgres
from tests.chaos.brokers import Broker
from tests.chaos.disk import Disk
from tests.chaos.journal import Journal
from tests.chaos.services import Service
from tests.chaos.sink import Sink
from tests.servers.line import Line
from tests.servers.postgres import answers
from tests.servers.waiting import eventually

READY_SECONDS = 90.0
NOT_YET = (aiohttp.ClientError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Lines:
    """What leads through them can be cut and held: services to database, broker and mail server, buyers to orders."""

    database: Line
    broker: Line
    smtp: Line
    shops: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A running installation. `postmaster` is its embedded server, `database` the same to be killed and frozen."""

    folder: Path
    postmaster: EmbeddedPostgres
    database: MortalPostgres
    broker: Broker
    disk: Disk
    sink: Sink
    lines: Lines
    services: dict[str, Service]
    journal: Journal

    async def command(self, *words: str) -> str:
        """What `boxoffice` prints; raises `OSError` with its complaint when it fails."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "boxoffice", *words),
            env=self.services["mailer"].environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, complaint = await process.communicate()
        if process.returncode != 0:
            raise OSError(f"boxoffice {' '.join(words)}: {complaint.decode(errors='replace')[-500:]}")
        return output.decode()

    async def not_ready(self, within: float = READY_SECONDS) -> dict[str, str]:
        """Wait until each service says that it can serve; those that don't by then, and why."""
        found: dict[str, str] = {}
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3), raise_for_status=_refusal) as http:
            for name, service in self.services.items():
                try:
                    await eventually(partial(_ready, http, service.url), within, NOT_YET)
                except TimeoutError as error:
                    found[name] = str(error)
        return found

    async def repair_database(self) -> None:
        """Whatever state it is in: it answers afterwards."""

        async def serves() -> bool:
            if self.database.pid_file.exists() and await answers(self.database.url):
                return True
            raise OSError

        try:
            await eventually(serves, 10.0, (Exception,))
        except TimeoutError:
            await self.postmaster.stop(grace=1.0)
            await self.postmaster.start()


async def _ready(http: aiohttp.ClientSession, url: str) -> bool:
    async with http.get(f"{url}/readyz"):
        return True


async def _refusal(answer: aiohttp.ClientResponse) -> None:
    """Raises `OSError` with what it says."""
    if answer.status != 200:
        raise OSError(f"{answer.status} {(await answer.text())[:300]}")
