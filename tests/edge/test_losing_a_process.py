"""A process behind the edge is drained, killed, or the edge itself reloaded, under load: nobody else notices."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from tests.servers.edge import Edge, start_edge
from tests.servers.programs import free_port, start_program
from tests.servers.varnish import answers
from tests.servers.waiting import eventually

BUYERS = 16
CLOSED = "ServerDisconnectedError"


@dataclass(slots=True)
class Shop:
    """Two processes of orders behind the edge."""

    edge: Edge
    processes: dict[int, asyncio.subprocess.Process]
    folder: Path

    @property
    def first(self) -> int:
        """The port of the one that is going to be lost."""
        return next(iter(self.processes))

    def kill_first(self) -> None:
        os.killpg(self.processes[self.first].pid, signal.SIGKILL)

    def taken(self) -> Counter[str]:
        """The ids of the requests that came into a process's hands, and how often."""
        logs = [self.folder / str(port) for port in self.processes]
        return Counter(identity for log in logs for identity in log.read_text().split())


@dataclass(slots=True)
class Load:
    """What became of each request: its id and the status, or the error. `keyed` ones may be repeated."""

    statuses: dict[str, int | str] = field(default_factory=dict)
    keyed: set[str] = field(default_factory=set)
    served_by: list[str] = field(default_factory=list)

    @property
    def failed(self) -> set[str]:
        return {request for request, status in self.statuses.items() if status != 200}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    processes: dict[int, asyncio.subprocess.Process] = {}
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    async with AsyncExitStack() as parts:
        for port in (free_port(), free_port()):
            command = [sys.executable, "-m", "tests.edge.standing", str(port), str(tmp_path / str(port))]
            processes[port] = await start_program(command, environment, tmp_path / f"{port}.out", parts)
        for port in processes:
            check = partial(answers, f"http://127.0.0.1:{port}/readyz")
            await eventually(check, 60, (aiohttp.ClientError, OSError))
        addresses = {f"ORDERS_{n}": f"127.0.0.1:{port}" for n, port in enumerate(processes, 1)}
        edge = await start_edge(parts, **addresses, EDGE_REQUESTS=10**9, EDGE_ORDERS=10**9)
        yield Shop(edge, processes, tmp_path)


async def under_load(shop: Shop, meanwhile: Callable[[Load], Awaitable[None]]) -> Load:
    """Buyers who look and order without a pause, until `meanwhile` is done."""
    load, done, numbers = Load(), asyncio.Event(), count()

    async def buy(http: aiohttp.ClientSession) -> None:
        while not done.is_set():
            identity, kind = str(uuid4()), next(numbers) % 3
            headers = {"X-Request-Id": identity}
            if kind:
                load.keyed.add(identity)
            if kind == 1:
                headers["Idempotency-Key"] = identity
            try:
                method = "GET" if kind == 2 else "POST"
                async with http.request(method, "/v1/orders", headers=headers) as response:
                    load.statuses[identity] = response.status
                    load.served_by.append(await response.text())
            except aiohttp.ClientError as error:
                load.statuses[identity] = type(error).__name__

    async with AsyncExitStack() as parts:
        sessions = [await parts.enter_async_context(aiohttp.ClientSession(shop.edge.url)) for _ in range(BUYERS)]
        buyers = [asyncio.create_task(buy(http)) for http in sessions]
        try:
            await meanwhile(load)
        finally:
            done.set()
            await asyncio.gather(*buyers)
    return load


async def more(load: Load, requests: int = 200) -> None:
    """Wait until so many more are answered."""
    goal = len(load.statuses) + requests

    async def reached() -> bool:
        return len(load.statuses) >= goal

    await eventually(reached, 60)


async def test_a_process_is_drained_and_stopped_and_nobody_notices(shop: Shop) -> None:
    async def drain(load: Load) -> None:
        await more(load)
        await shop.edge.tell("set server orders/orders-1 state drain")
        before = len(load.served_by)
        await more(load)
        # What was in its hands is answered by now: twice as many requests as there are buyers have come since.
        assert str(shop.first) not in load.served_by[before + 2 * BUYERS :]
        shop.kill_first()
        await more(load)

    load = await under_load(shop, drain)
    assert load.failed == set()
    assert {str(port) for port in shop.processes} == set(load.served_by)


async def test_a_killed_process_takes_only_what_was_in_its_hands(shop: Shop) -> None:
    async def kill(load: Load) -> None:
        await more(load)
        shop.kill_first()
        await more(load, 400)

    load = await under_load(shop, kill)
    # Taken and not answered, which the edge tells by 502 or, on a kept line, by closing it (RFC 9112, section 9.3.1).
    # 503 would be: not taken by anyone, though the other process was there.
    assert {load.statuses[identity] for identity in load.failed} <= {502, CLOSED}
    assert len(load.failed) <= BUYERS
    # What could be repeated without harm was; what could not reached a process once and no more.
    assert load.failed & load.keyed == set()
    taken = shop.taken()
    assert {taken[identity] for identity in load.statuses.keys() - load.keyed - load.failed} == {1}
    assert all(taken[identity] <= 1 for identity in load.failed)


async def test_the_edge_is_reloaded_and_nobody_notices(shop: Shop) -> None:
    async def reload(load: Load) -> None:
        for _ in range(3):
            await more(load)
            await shop.edge.reload()
        await more(load)

    load = await under_load(shop, reload)
    assert load.failed == set()
