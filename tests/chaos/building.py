"""Builds a stage: every server and service of a run, on ports of its own."""

import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from boxoffice.embedded_postgres import EmbeddedPostgres
from tests.bus.mortal import MortalPostgres
from tests.chaos.brokers import Transport, start_broker
from tests.chaos.disk import disk
from tests.chaos.journal import Journal
from tests.chaos.services import Service
from tests.chaos.sink import Sink
from tests.chaos.stage import Lines, Stage
from tests.end_to_end.processes import family
from tests.scrubbing import clean_environment
from tests.servers.line import Line
from tests.servers.programs import free_port

ROOT = Path(__file__).parent.parent.parent
# Two processes of orders, side by side as two machines would be.
SERVICES = ("orders-1", "orders-2", "tickets", "mailer", "webhooks")
# Long enough that some mails are always on their way when a fault strikes.
THINKING_SECONDS = 0.3


@asynccontextmanager
async def staged(folder: Path, transport: Transport, chance: random.Random) -> AsyncIterator[Stage]:
    """A stage with every service ready; all of it ends with the block. `chance` is the mail sink's."""
    async with AsyncExitStack() as parts:
        stage = await _built(folder, transport, chance, parts)
        await stage.command("migrate")
        for service in stage.services.values():
            service.start()
            parts.push_async_callback(service.end)
        if lame := await stage.not_ready():
            raise OSError(f"not ready: {lame}; see {folder}")
        yield stage


async def _built(folder: Path, transport: Transport, chance: random.Random, parts: AsyncExitStack) -> Stage:
    """Servers and lines run, services do not yet. Database and store share a disk, as on a small machine."""
    data = folder / "disk"
    pid_file = data / "postgres" / "cluster" / "postmaster.pid"
    data.mkdir()
    small = await disk(data, lambda: _with_children(pid_file), parts)
    server = EmbeddedPostgres(data, _writer(folder / "postgres.log", parts))
    url = await server.start()
    parts.push_async_callback(server.stop)
    broker = await start_broker(transport, url, parts)
    sink = await parts.enter_async_context(Sink(free_port(), _journal(folder, "sink", parts), chance, THINKING_SECONDS))
    ports = {name: free_port() for name in SERVICES}
    lines = await _lines(url, broker.url, sink.url, ports, parts)
    environment = _environment(lines, data, transport)
    journal = _journal(folder, "faults", parts)
    services = {name: Service(name, port, environment, folder / f"{name}.log", journal) for name, port in ports.items()}
    _note_place(folder, url, data / "store")
    return Stage(folder, server, MortalPostgres(server, pid_file, url), broker, small, sink, lines, services, journal)


async def _lines(database: str, broker: str, smtp: str, ports: dict[str, int], parts: AsyncExitStack) -> Lines:
    shops = [f"http://127.0.0.1:{port}" for name, port in ports.items() if name.startswith("orders")]
    lines = [await parts.enter_async_context(Line(url, free_port())) for url in (database, broker, smtp, *shops)]
    return Lines(lines[0], lines[1], lines[2], tuple(lines[3:]))


def _writer(path: Path, parts: AsyncExitStack) -> Callable[[str], None]:
    file = parts.enter_context(path.open("a", buffering=1))
    return lambda line: print(line, file=file)


def _journal(folder: Path, name: str, parts: AsyncExitStack) -> Journal:
    journal = Journal(folder / f"{name}.jsonl")
    parts.callback(journal.close)
    return journal


def _environment(lines: Lines, data: Path, transport: Transport) -> dict[str, str]:
    return clean_environment() | {
        "DATABASE_URL": lines.database.url,
        "BROKER_URL": "" if transport == "postgres" else lines.broker.url,
        "SMTP_URL": f"{lines.smtp.url}?starttls=never",
        "MAIL_FROM": "Chaos <tickets@boxoffice.example>",
        "DATA_DIR": str(data),
        "STORE_URL": (data / "store").as_uri(),
        "LIMITS": "off",
        "LOG_FORMAT": "json",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def _note_place(folder: Path, database: str, store: Path) -> None:
    """Where the auditor finds the rows and the files."""
    (folder / "place.json").write_text(json.dumps({"database": database, "store": str(store)}))


def _with_children(pid_file: Path) -> list[int]:
    try:
        return [process.pid for process in family(int(pid_file.read_text().split()[0]))]
    except (OSError, ValueError):
        return []
