"""Programs are found, installed when that is for us to do, and never outlive the tests."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.servers.choosing import NoServer, NotHere
from tests.servers.programs import find_program, install_package, start_program, until_it_answers
from tests.servers.waiting import eventually

OWNER = """
import asyncio, contextlib, os, pathlib, sys
from tests.servers.programs import start_program
async def main():
    parts = contextlib.AsyncExitStack()
    log = pathlib.Path(sys.argv[1])
    await start_program(["sh", "-c", "echo $$; exec sleep 1000"], dict(os.environ), log, parts)
    await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_a_program_ends_when_its_owner_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", OWNER, log)
    pid = int(await eventually(partial(asyncio.to_thread, log.read_text)))
    assert is_running(pid)
    owner.send_signal(signal.SIGKILL)
    await owner.wait()
    await eventually(lambda: ended(pid))


async def test_a_program_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    async with AsyncExitStack() as parts:
        log = tmp_path / "log"
        process = await start_program(["sh", "-c", "echo port taken"], dict(os.environ), log, parts)
        with pytest.raises(NotHere, match=r"ended at once: port taken"):
            await until_it_answers(process, log, never, 20, ())


def test_a_missing_program_is_named() -> None:
    with pytest.raises(NotHere, match="no-such-program is not on this machine"):
        find_program("no-such-program")


@pytest.mark.parametrize(("script", "failure"), [("true", None), ("echo Unable to locate package; exit 100", NoServer)])
async def test_a_package_is_installed_by_root_and_asked_of_others(
    script: str, failure: type[Exception] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path / "apt-get", f'echo "$@" >> {tmp_path}/calls; {script}')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    if os.geteuid() != 0:
        with pytest.raises(NotHere, match="sudo apt-get install -y a-server"):
            await install_package("a-server")
    elif failure:
        with pytest.raises(failure, match="Unable to locate package"):
            await install_package("a-server")
    else:
        await install_package("a-server")
        assert (tmp_path / "calls").read_text().splitlines()[-1].endswith("--no-install-recommends a-server")


def stand_in(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def is_running(pid: int) -> bool:
    """Whether it runs; a dead one that nobody has buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def ended(pid: int) -> bool:
    return not is_running(pid)
