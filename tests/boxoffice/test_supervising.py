"""Parts are kept running, stop in order and leave nothing behind."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from boxoffice.failures import CannotStart, WrongUsage
from boxoffice.supervisor import Supervisor, restart_wait
from tests.boxoffice.conftest import AService
from tests.boxoffice.stand_ins import gone
from tests.servers.waiting import eventually


def test_the_waits_before_a_restart_grow_to_five_seconds() -> None:
    assert [restart_wait(failures) for failures in range(1, 8)] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


async def test_a_killed_part_is_started_again(a_service: AService) -> None:
    service, reports = a_service(), list[str]()
    async with supervised(reports) as supervisor:
        await supervisor.start(service)
        first = service.pid
        assert first
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: reported(reports, "orders runs again"))
        assert reports[0] == "orders was killed by SIGKILL: starting it again in 0.2 s"
        assert service.pid != first


async def test_a_stop_ends_every_part(a_service: AService) -> None:
    service = a_service()
    async with supervised() as supervisor:
        await supervisor.start(service)
    assert service.pid
    assert await gone(service.pid)


async def test_a_part_that_does_not_listen_is_killed_when_its_time_is_up(a_service: AService) -> None:
    service = a_service("stubborn")
    await service.start()
    await service.stop(grace=0.1)
    assert await service.ended() == -signal.SIGKILL


async def test_what_a_part_started_goes_with_it(a_service: AService) -> None:
    service = a_service("parent")
    await service.start()
    child = int(service.last_words().removeprefix("child "))
    assert service.pid
    os.kill(service.pid, signal.SIGKILL)
    await service.ended()
    assert await eventually(lambda: gone(child))


async def test_a_part_that_ends_while_it_starts_says_why(a_service: AService) -> None:
    with pytest.raises(CannotStart, match=r"^orders ended with exit code 1: there is no cake$"):
        await a_service("dying").start()


async def test_a_part_s_wrong_setting_is_told_as_it_said_it(a_service: AService) -> None:
    with pytest.raises(WrongUsage, match=r"^CAKE: must be one of: sponge, cheese$"):
        await a_service("misconfigured").start()


async def test_one_part_that_does_not_start_takes_back_those_beside_it(a_service: AService) -> None:
    sound, broken = a_service(), a_service("dying", "mailer")
    async with supervised() as supervisor:
        with pytest.raises(CannotStart):
            await supervisor.start(sound, broken)
    assert sound.pid
    assert await gone(sound.pid)


async def test_what_was_started_last_stops_first() -> None:
    order: list[str] = []
    supervisor = Supervisor(order.append)
    for row in (["postgres"], ["inbox"], ["orders", "tickets"]):
        await supervisor.start(*(Recorded(name, order) for name in row))
    await supervisor.stop(within=1)
    assert order == ["orders", "tickets", "inbox", "postgres"]


async def test_nothing_outlives_a_supervisor_that_is_killed() -> None:
    script = (
        "import asyncio, sys\n"
        "from boxoffice.child import Child, Command\n"
        "async def main():\n"
        "    command = Command((sys.executable, '-ISc', 'import time; time.sleep(600)'), {})\n"
        "    child = await Child.start(command, print)\n"
        "    print(child.pid, flush=True)\n"
        "    await child.ended()\n"
        "asyncio.run(main())\n"
    )
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert supervisor.stdout
    child = int(await supervisor.stdout.readline())
    supervisor.kill()
    await supervisor.communicate()
    assert await eventually(lambda: gone(child))


async def test_a_start_that_fails_in_any_way_is_tried_again() -> None:
    reports: list[str] = []
    async with supervised(reports) as supervisor:
        await supervisor.start(Unlucky())
        await eventually(lambda: reported(reports, "tickets runs again"))
    assert reports == [
        "tickets ended with exit code 1: starting it again in 0.2 s",
        "tickets did not start (ZeroDivisionError()): starting it again in 0.4 s",
        "tickets runs again",
    ]


class Unlucky:
    """Ends once; its second start fails, its third does not."""

    name = "tickets"

    def __init__(self) -> None:
        self._starts = 0

    async def start(self) -> None:
        self._starts += 1
        if self._starts == 2:
            raise ZeroDivisionError

    async def ended(self) -> int:
        return 1 if self._starts == 1 else await asyncio.Future[int]()

    async def stop(self, grace: float) -> None: ...

    def kill(self) -> None: ...

    def last_words(self) -> str:
        return ""


class Recorded:
    """A part that only notes when it stops."""

    def __init__(self, name: str, order: list[str]) -> None:
        self.name = name
        self._order = order

    async def start(self) -> None: ...

    async def ended(self) -> int:
        return await asyncio.Future[int]()

    async def stop(self, grace: float) -> None:
        self._order.append(self.name)

    def kill(self) -> None: ...

    def last_words(self) -> str:
        return ""


@asynccontextmanager
async def supervised(reports: list[str] | None = None) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(([] if reports is None else reports).append)
    try:
        yield supervisor
    finally:
        await supervisor.stop(within=2)


async def reported(reports: list[str], line: str) -> bool:
    return line in reports
