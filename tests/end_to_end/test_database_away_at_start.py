"""Each service is started while its database is away: two lines for each task that needs it, and no traceback."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.scrubbing import clean_environment
from tests.servers.line import Line
from tests.servers.programs import free_port as a_free_port
from tests.servers.refusing import Refusing
from tests.servers.waiting import eventually

SERVICES = {
    "orders": {"outbox", "inbox", "housekeeping", "news", "flags", "reconciler", "bus.listener", "bus.queue"},
    "tickets": {"outbox", "inbox", "flags", "bus.listener", "bus.queue"},
    "mailer": {"outbox", "inbox", "presence", "bus.listener", "bus.queue"},
    "webhooks": {"webhook", "housekeeping", "bus.listener", "bus.queue"},
}
# As many as all tasks together try in some seconds.
TRIES = 60
PATIENCE_SECONDS = 60.0


class Heard:
    """What a process logged: each line as JSON, and what is none."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.other: list[str] = []

    async def listen(self, stream: asyncio.StreamReader) -> None:
        while raw := await stream.readline():
            try:
                self.lines.append(json.loads(raw))
            except ValueError:
                self.other.append(raw.decode(errors="replace"))

    def tasks(self, ending: str) -> Counter[tuple[str, str]]:
        """How often each task said that what it needs went or came back: by what it is, and its queue."""
        told = [line for line in self.lines if line["action"].endswith(ending)]
        return Counter((line["action"].removesuffix(ending), str(line.get("queue", ""))) for line in told)


@asynccontextmanager
async def started(service: str, url: str, data: Path) -> AsyncIterator[Heard]:
    command = (sys.executable, "-P", "-m", "boxoffice", "serve", service, "--port", str(a_free_port()))
    environment = {"DATABASE_URL": url, "DATA_DIR": str(data), "LOG_FORMAT": "json"}
    process = await asyncio.create_subprocess_exec(
        *command, env=clean_environment() | environment, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr
    heard = Heard()
    listening = asyncio.create_task(heard.listen(process.stderr))
    try:
        yield heard
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        await listening


@pytest.mark.parametrize("service", SERVICES)
async def test_a_database_that_is_away_at_start_is_two_lines_for_each_task(
    service: str, migrated_url: str, tmp_path: Path
) -> None:
    line = Line(migrated_url, a_free_port())
    async with started(service, line.url, tmp_path) as heard:
        async with Refusing(line.port) as refusing:
            await eventually(lambda: at_least(refusing, TRIES), PATIENCE_SECONDS)
        async with line:
            await eventually(lambda: all_back(heard, SERVICES[service]), PATIENCE_SECONDS)
            gone, back = heard.tasks(".away"), heard.tasks(".back")
    assert {task for task, _ in gone} == SERVICES[service]
    assert set(gone.values()) == {1}
    assert back == gone
    assert heard.other == []
    assert [one for one in heard.lines if "exception" in one] == []


async def at_least(refusing: Refusing, tries: int) -> bool:
    return refusing.refused >= tries


async def all_back(heard: Heard, tasks: set[str]) -> bool:
    gone, back = heard.tasks(".away").keys(), heard.tasks(".back").keys()
    return gone == back and {task for task, _ in back} >= tasks
