"""The orders service as processes of their own, and buyers who do not give up."""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import aiohttp

from boxoffice.processes import ready_socket, told_ready
from services.orders import store
from services.orders.organising import NewTicketType
from shared.database import close_pool, open_pool, transaction
from shared.service import NOTIFY_SOCKET
from tests.orders.builders import a_new_event, a_request
from tests.scrubbing import clean_environment
from tests.servers.waiting import eventually

NOT_YET = (aiohttp.ClientError, OSError)
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Serving:
    """A process (or a supervised few) at `base`."""

    process: asyncio.subprocess.Process
    base: str

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)


@asynccontextmanager
async def serving(url: str, port: int, data: Path, *more: str) -> AsyncIterator[Serving]:
    """`boxoffice serve orders`, all its processes ready; ended with SIGTERM unless it is gone by then."""
    with ready_socket() as (path, ready):
        process = await asyncio.create_subprocess_exec(
            *serve(port, *more),
            env=clean_environment() | {"DATABASE_URL": url, "DATA_DIR": str(data), NOTIFY_SOCKET: path},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await told_ready(ready)
        except TimeoutError:
            process.kill()
            raise
    served = Serving(process, f"http://127.0.0.1:{port}")
    try:
        yield served
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await process.wait()


def serve(port: int, *more: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "boxoffice", "serve", "orders", "--port", str(port), *more)


async def put_on_sale(url: str, capacity: int) -> None:
    """`summer-night` with one type, `general`."""
    pool = await open_pool(url, "orders")
    try:
        async with transaction(pool) as held:
            organiser = await store.add_organiser(held, "Lakeside Concerts")
            general = NewTicketType("general", "General", 4500, "EUR", capacity)
            await store.add_event(held, organiser, a_new_event("summer-night", general))
    finally:
        await close_pool(pool)


async def buy_surely(http: aiohttp.ClientSession, bases: list[str]) -> tuple[int, dict[str, Any]]:
    """One place, from one address after the other with one key, until it is clear whether there is an order."""
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    wish = a_request(lines=[{"ticket_type": "general", "quantity": 1}])
    base = cycle(bases)

    async def attempt() -> tuple[int, dict[str, Any]] | None:
        async with http.post(f"{next(base)}/v1/orders", json=wish, headers=headers) as response:
            answer = await response.json(content_type=None)
        clear = response.status != 503 and not answer.get("type", "").endswith("idempotency-conflict")
        return (response.status, answer) if clear else None

    outcome = await eventually(attempt, PATIENCE_SECONDS, NOT_YET)
    assert outcome
    return outcome


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
