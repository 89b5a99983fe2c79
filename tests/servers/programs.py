"""Servers from programs on this machine: found, installed when allowed, started, and ended with the tests."""

import asyncio
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from tests.servers.choosing import NoServer, NotHere
from tests.servers.waiting import eventually

# `read` returns when whoever holds the other end of standard input goes, even by kill -9. Whichever
# ends first, the program or its owner, the whole process group goes.
_LEASH = '("$@" </dev/null; kill -KILL 0) & read -r _; kill -KILL 0'


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find_program(name: str, *folders: str) -> str:
    """The program's path: first in `folders`, then on PATH, then where Debian keeps daemons. Raises `NotHere`."""
    path = os.pathsep.join([*folders, os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which(name, path=path)
    if found is None:
        raise NotHere(f"{name} is not on this machine")
    return found


async def install_package(package: str) -> None:
    """Install a Debian package, which may start a server of its own on the standard port: ours takes another.

    Raises `NotHere` when installing is not for us to do, `NoServer` when it fails.
    """
    if shutil.which("apt-get") is None:
        raise NotHere(f"no apt-get here: install {package} with this system's own tool, or start Docker")
    if os.geteuid() != 0:
        raise NotHere(f"not root: run `sudo apt-get install -y {package}`, or start Docker")
    await _apt_get("update", "-qq")
    await _apt_get("install", "-y", "-qq", "--no-install-recommends", package)


async def _apt_get(*arguments: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    process = await asyncio.create_subprocess_exec(
        "apt-get",
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise NoServer(f"`apt-get {' '.join(arguments)}` failed:\n{output.decode(errors='replace')[-2000:]}")


def temporary_folder(parts: AsyncExitStack) -> Path:
    """A folder that goes when `parts` close."""
    return Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="boxoffice-test-", ignore_cleanup_errors=True)))


async def start_program(
    command: list[str], environment: dict[str, str], log: Path, parts: AsyncExitStack
) -> asyncio.subprocess.Process:
    """Run a server in a process group of its own that ends when `parts` close or this process dies."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            _LEASH,
            "sh",
            *command,
            env=environment,
            cwd=log.parent,
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    parts.push_async_callback(_end, process)
    return process


async def until_it_answers(
    process: asyncio.subprocess.Process,
    log: Path,
    check: Callable[[], Awaitable[bool]],
    within: float,
    ignoring: tuple[type[Exception], ...],
) -> None:
    """Wait for `check`. Raises `NotHere` with the log's end when the program ends first or takes longer."""

    async def alive_and_answering() -> bool:
        if process.returncode is not None:
            raise NotHere(f"the program ended at once: {_tail(log)}")
        return await check()

    try:
        await eventually(alive_and_answering, within, ignoring)
    except TimeoutError as error:
        raise NotHere(f"no answer: {error}; {_tail(log)}") from error


def _tail(log: Path) -> str:
    return log.read_bytes()[-1500:].decode(errors="replace")


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
