"""The systems that are compared, each started from nothing and ended: the Celery design, and ours on each transport."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import accounts, stage
from benchmarks.accounts import Usage
from boxoffice.ports import free_port
from boxoffice.web_calls import call

HERE = Path(__file__).parent
# As gunicorn's documentation advises: twice the cores, and one.
GUNICORN_WORKERS = 2 * (os.cpu_count() or 1) + 1
SERVICES = ("orders", "tickets", "mailer", "webhooks")


@dataclass(frozen=True, slots=True)
class System:
    """Takes orders on `http_port` and hands its mails in at `smtp_port`. `pids` lead the trees of its processes."""

    name: str
    http_port: int
    smtp_port: int
    database: str
    pids: Mapping[str, int]

    async def usage(self) -> Usage:
        return Usage(accounts.cpu_seconds(self.pids), *await accounts.commits_and_wal(self.database))


@asynccontextmanager
async def ours(name: str, server: str, broker: str | None) -> AsyncIterator[System]:
    """Four services as `boxoffice serve` runs them; `broker` None is the bus in Postgres."""
    smtp = free_port()
    async with stage.database(server, types=1) as database, AsyncExitStack() as parts:
        folder = parts.enter_context(tempfile.TemporaryDirectory())
        environment = {
            "DATABASE_URL": database,
            "BROKER_URL": broker or database,
            "STORE_URL": f"file://{folder}/store",
            "DATA_DIR": folder,
            "SMTP_URL": f"smtp://127.0.0.1:{smtp}?starttls=never",
            "MAIL_FROM": "tickets@example.org",
            "LIMITS": "off",
            "LOG_LEVEL": "warning",
        }
        ports = {service: free_port() for service in SERVICES}
        pids = await _others(database, broker)
        for service, port in ports.items():
            words = ("-m", "boxoffice", "serve", service, "--port", str(port))
            running = await parts.enter_async_context(stage.running(words, port, "/readyz", environment))
            pids[service] = running.pid
        yield System(name, ports["orders"], smtp, database, pids)


@asynccontextmanager
async def celery_design(server: str, broker: str, python: str) -> AsyncIterator[System]:
    """gunicorn and a Celery worker as their documentation starts them; `python` has `benchmarks/requirements.txt`."""
    http, smtp = free_port(), free_port()
    async with stage.empty_database(server) as database, AsyncExitStack() as parts:
        folder = parts.enter_context(tempfile.TemporaryDirectory())
        told = {"DATABASE_URL": database, "BROKER_URL": broker, "MEDIA_ROOT": folder, "SMTP_PORT": str(smtp)}
        # It warns of being run by root, as benchmarks in containers are.
        told["PYTHONWARNINGS"] = "ignore"
        environment = os.environ | told
        await _finished(python, "-c", "import celery_design; celery_design.prepare()", environment=environment)
        web = ("gunicorn", "--workers", str(GUNICORN_WORKERS), "--bind", f"127.0.0.1:{http}", "--log-level", "warning")
        pids = await _others(database, broker)
        pids["gunicorn"] = await _start(parts, environment, python, "-m", *web, "celery_design:application")
        worker = ("celery", "--quiet", "-A", "celery_design", "worker", "--loglevel", "ERROR")
        pids["celery"] = await _start(parts, environment, python, "-m", *worker)
        await _until_it_answers(f"http://127.0.0.1:{http}/")
        yield System("Celery design", http, smtp, database, pids)


async def naive_tickets_a_second(python: str, seconds: float) -> float:
    """How many tickets reportlab's manual draws on one core."""
    return float(await _finished(python, "naive_ticket.py", str(seconds), environment=dict(os.environ)))


async def _others(database: str, broker: str | None) -> dict[str, int]:
    """The servers' processes, as far as they are on this machine."""
    found = {"Postgres": await accounts.postmaster(database)}
    if broker:
        address = urlsplit(broker)
        name, port = ("Redis", 6379) if address.scheme == "redis" else ("RabbitMQ", 5672)
        found[name] = accounts.listener(address.port or port)
    return {name: pid for name, pid in found.items() if pid}


async def _finished(*words: str, environment: Mapping[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(*words, cwd=HERE, env=environment, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(f"{words[0]} ended with {process.returncode}")
    return out.decode()


async def _start(parts: AsyncExitStack, environment: Mapping[str, str], *words: str) -> int:
    process = await asyncio.create_subprocess_exec(*words, cwd=HERE, env=environment)

    async def end() -> None:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()

    parts.push_async_callback(end)
    return process.pid


async def _until_it_answers(url: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await call(url)
            except (OSError, TimeoutError):
                await asyncio.sleep(0.1)
            else:
                return
