"""Where the order benchmarks play: a fresh database, the service as a process, the load in another.

Postgres keeps every promise (fsync on, nothing relaxed) and listens on the loopback, as all here does.
"""

import asyncio
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import msgspec

from benchmarks.load import Result, Spec
from boxoffice.embedded_postgres import EmbeddedPostgres
from boxoffice.ports import free_port
from boxoffice.web_calls import call
from services.orders import store
from services.orders.organising import NewEvent, NewTicketType
from shared.bus import connect
from shared.messages import OrderPlaced
from shared.migrations import migrate

TYPES_AN_EVENT = 20
CAPACITY = 100_000_000
ORGANISER = "Lakeside Concerts"

# Postgres takes a UUID with its dashes anywhere.
_ID = "(lpad(to_hex(n), 12, '0') || '70008000000000000000')::uuid"
FILL = {
    "orders": f"""
        INSERT INTO orders.orders (id, number, event_id, buyer_name, buyer_email, locale, lines, total_amount, currency,
                                   placed_at, tickets_status, email_status)
        SELECT {_ID}, upper(left(md5(n::text), 16)), e.id, 'Ada', 'ada@example.org', 'en', '[]', 4500, 'EUR',
               now() - interval '1 year', 'issued', 'sent'
          FROM generate_series(1, $1::bigint) n, (SELECT id FROM orders.events LIMIT 1) e
        """,  # noqa: S608
    "tickets": f"""
        INSERT INTO orders.tickets (id, order_id, event_id, ticket_type_id, attendee)
        SELECT {_ID}, {_ID}, t.event_id, t.id, 'Ada'
          FROM generate_series(1, $1::bigint) n, (SELECT * FROM orders.ticket_types LIMIT 1) t
        """,  # noqa: S608
}


@asynccontextmanager
async def postgres(url: str | None) -> AsyncIterator[str]:
    """The server of `url`, or an embedded one in a folder that goes away."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - Postgres may run as another user, who must get in
        async with EmbeddedPostgres(Path(folder)) as embedded:
            yield embedded


@asynccontextmanager
async def database(server: str, types: int, capacity: int = CAPACITY, existing: int = 0) -> AsyncIterator[str]:
    """A fresh database with this many ticket types on sale and orders there, and a queue for the tickets service."""
    async with empty_database(server) as url:
        await migrate(url)
        await _put_on_sale(url, types, capacity)
        if existing:
            await _fill(url, existing)
        bus = await connect(url, source="benchmark")
        await bus.declare("tickets.order-placed", [OrderPlaced.key])
        await bus.close()
        yield url


@asynccontextmanager
async def empty_database(server: str) -> AsyncIterator[str]:
    """A fresh one, gone afterwards whoever is still connected."""
    name = f"boxoffice_bench_{secrets.token_hex(4)}"
    await execute(server, f"CREATE DATABASE {name}")
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        await execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def service(url: str, processes: int, **environment: str) -> AsyncIterator["Running"]:
    """The orders service as `boxoffice serve` runs it, everything on."""
    port = free_port()
    words: tuple[str, ...] = ("-m", "boxoffice", "serve", "orders", "--port", str(port))
    if processes > 1:
        words += ("--processes", str(processes))
    environment |= {"DATABASE_URL": url, "LOG_LEVEL": "warning"}
    async with running(words, port, "/readyz", environment) as started:
        yield started


class Running:
    """A process under load. `pid` leads its tree."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port


@asynccontextmanager
async def running(words: Sequence[str], port: int, path: str, environment: dict[str, str]) -> AsyncIterator[Running]:
    with tempfile.TemporaryDirectory() as data:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, env=os.environ | {"DATA_DIR": data} | environment
        )
        try:
            await _until_ready(process, f"http://127.0.0.1:{port}{path}")
            yield Running(process.pid, port)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await process.wait()


async def load(spec: Spec) -> Result:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(msgspec.json.encode(spec))
    return msgspec.json.decode(out, type=Result)


async def execute(url: str, sql: str, *values: object, timeout: float = 3600) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql, *values, timeout=timeout)
    finally:
        await connection.close()


async def _put_on_sale(url: str, types: int, capacity: int) -> None:
    connection = await asyncpg.connect(url, server_settings={"search_path": "orders"})
    try:
        async with connection.transaction():
            organiser = await store.add_organiser(connection, ORGANISER)
            for number in range((types + TYPES_AN_EVENT - 1) // TYPES_AN_EVENT):
                kinds = min(TYPES_AN_EVENT, types - number * TYPES_AN_EVENT)
                await store.add_event(connection, organiser, an_event(number, kinds, capacity))
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _fill(url: str, existing: int) -> None:
    """Orders as the years would have left them: ids by time, numbers at random, a ticket each."""
    for table in ("orders", "tickets"):
        await execute(url, FILL[table], existing)
    await execute(url, "VACUUM ANALYZE")


async def caught_up(url: str) -> float:
    """Seconds until everything that is owed to the bus has left."""
    began = time.perf_counter()
    connection = await asyncpg.connect(url)
    try:
        while await connection.fetchval("SELECT EXISTS (SELECT FROM orders.outbox)"):
            await asyncio.sleep(0.1)
    finally:
        await connection.close()
    return time.perf_counter() - began


def memory(pid: int) -> int:
    """Resident bytes of this process and those under it."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(memory(int(child)) for child in children)


def an_event(number: int, kinds: int, capacity: int) -> NewEvent:
    return NewEvent(
        slug=f"night-{number}",
        name=f"Summer Night {number}",
        starts_at=datetime.now(UTC) + timedelta(days=60),
        timezone="Europe/Berlin",
        description="One night by the water, with everyone who was ever in the band.",
        venue_name="Lakeside",
        venue_address="1 Shore Road, 10115 Berlin",
        ticket_types=tuple(
            NewTicketType(f"type-{kind}", f"Type {kind}", 4500, "EUR", capacity) for kind in range(kinds)
        ),
    )


async def _until_ready(process: asyncio.subprocess.Process, url: str) -> None:
    async with asyncio.timeout(30):
        while process.returncode is None:
            try:
                if (await call(url)).status == 200:
                    return
            except (OSError, TimeoutError):
                pass
            await asyncio.sleep(0.05)
    raise RuntimeError(f"the process to be measured ended with exit code {process.returncode}")
