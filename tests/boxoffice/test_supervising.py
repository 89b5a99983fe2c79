"""Parts are kept running, stop in order and leave nothing behind."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from boxoffice.child import Child, Command
from boxoffice.embedded_postgres import EmbeddedPostgres
from boxoffice.failures import CannotStart, WrongUsage
from boxoffice.processes import Process
from boxoffice.service_process import ServiceProcess
from boxoffice.supervisor import Supervisor, restart_wait
from boxoffice.watching import Patience, until_silent
from tests.boxoffice.conftest import AService
from tests.boxoffice.stand_ins import gone
from tests.orders.test_database_away import server_processes
from tests.servers.programs import temporary_folder
from tests.servers.waiting import eventually

# The shape of the real one (1, 3 and 15 s), some times as quick.
IMPATIENT = Patience(every=0.1, answer=1.0, silence=2.0, looks=3)


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


async def test_a_line_that_can_not_be_passed_on_does_not_keep_those_behind_it() -> None:
    """As on a terminal that is gone: a child whose output nobody reads would stand still."""
    heard: list[str] = []

    def hear(line: str) -> None:
        heard.append(line)
        raise BrokenPipeError

    command = Command((sys.executable, "-ISc", "print(1); print(2); print(3)"), {})
    child = await Child.start(command, hear)
    assert await child.ended() == 0
    assert heard == ["1", "2", "3"]


async def test_a_report_that_nobody_reads_does_not_keep_a_part_from_its_start(a_service: AService) -> None:
    def unread(_: str) -> None:
        raise BrokenPipeError

    service, supervisor = a_service(), Supervisor(unread, IMPATIENT)
    await supervisor.start(service)
    try:
        first = service.pid
        assert first
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: another(service, first))
        await eventually(service.answers, ignoring=(OSError,))
    finally:
        await supervisor.stop(within=2)


async def another(service: ServiceProcess, than: int) -> bool:
    return service.pid != than


async def test_a_part_that_was_stopped_is_reported_and_started_again(a_service: AService) -> None:
    """It ignores every signal but the last."""
    service, reports = a_service(), list[str]()
    async with supervised(reports) as supervisor:
        await supervisor.start(service)
        first = service.pid
        assert first
        os.kill(first, signal.SIGSTOP)
        await eventually(lambda: reported(reports, "orders runs again"))
        assert reports[0] == "orders does not answer"
        assert re.fullmatch(r"orders has not answered for \d+ s and was killed: starting it again in 0.2 s", reports[1])
        assert service.pid != first
        assert await gone(first)


async def test_a_part_that_is_only_busy_is_left_alone() -> None:
    reports, busy = list[str](), Busy(looks=3)
    silent = asyncio.create_task(
        until_silent(busy, Patience(every=0.01, answer=0.01, silence=0.0, looks=4), reports.append)
    )
    await eventually(lambda: reported(reports, "tickets answers again"))
    assert reports == ["tickets does not answer", "tickets answers again"]
    assert not silent.done()
    silent.cancel()


async def test_a_process_that_says_by_itself_that_it_is_well_is_started_again_when_it_does_not(
    migrated_url: str, free_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of `serve --processes` share a port, at which nobody can ask one of them."""
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    command = (sys.executable, "-P", "-m", "boxoffice", "serve", "orders", "--port", str(free_port))
    process, reports = Process("orders 1", command, tmp_path), list[str]()
    async with supervised(reports, Patience(every=0.1, answer=2.0, silence=2.0, looks=2)) as supervisor:
        await supervisor.start(process)
        first = process.pid
        assert first
        # It is heard of before: what ends it is that this stops.
        assert await process.answers()
        os.kill(first, signal.SIGSTOP)
        await eventually(lambda: reported(reports, "orders 1 runs again"), 60)
        assert process.pid != first
        assert await process.answers()


async def test_a_database_that_was_stopped_is_started_again_with_every_committed_row() -> None:
    async with AsyncExitStack() as parts:
        server, reports = EmbeddedPostgres(temporary_folder(parts) / "server"), list[str]()
        supervisor = await parts.enter_async_context(supervised(reports))
        await supervisor.start(server)
        connection = await asyncpg.connect(server.url)
        await connection.execute("CREATE TABLE kept AS SELECT 1 AS row")
        for pid in await server_processes(server.url):
            os.kill(pid, signal.SIGSTOP)
        await eventually(lambda: reported(reports, "postgres runs again"), 60)
        connection.terminate()
        connection = await asyncpg.connect(server.url)
        assert await connection.fetchval("SELECT row FROM kept") == 1
        await connection.close()


class Busy:
    """Does not answer for so many looks, then does."""

    name = "tickets"

    def __init__(self, looks: int) -> None:
        self._looks = looks

    async def answers(self) -> bool:
        self._looks -= 1
        return True if self._looks < 0 else await asyncio.Future[bool]()


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

    async def answers(self) -> bool:
        return True

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

    async def answers(self) -> bool:
        return True

    def last_words(self) -> str:
        return ""


@asynccontextmanager
async def supervised(reports: list[str] | None = None, patience: Patience = IMPATIENT) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(([] if reports is None else reports).append, patience)
    try:
        yield supervisor
    finally:
        await supervisor.stop(within=2)


async def reported(reports: list[str], line: str) -> bool:
    return line in reports
