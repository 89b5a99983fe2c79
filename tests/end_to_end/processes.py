"""What runs on this machine, read from /proc (Linux)."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Running:
    """A live process: `command` with its arguments, `environment` as it was started with, as far as we may see."""

    pid: int
    parent: int
    command: str
    environment: bytes


def running() -> Iterator[Running]:
    """Every process we may look at that is alive; one that is dead but not yet buried is not."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = folder.joinpath("stat").read_text().rpartition(")")[2].split()[:2]
            command = folder.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        try:
            environment = folder.joinpath("environ").read_bytes()
        except OSError:
            # Another user's: root may not look either where a container took that right from it.
            environment = b""
        if state != "Z":
            yield Running(int(folder.name), int(parent), command, environment)


def family(ancestor: int) -> list[Running]:
    """The process and everything it started, directly or not, that still hangs on it."""
    everyone = list(running())
    members = {ancestor}
    while more := {process.pid for process in everyone if process.parent in members} - members:
        members |= more
    return [process for process in everyone if process.pid in members]


def using(folder: Path) -> list[Running]:
    """Whoever names `folder` in its command or environment, this process aside."""
    name = os.fsencode(folder)
    return [
        process
        for process in running()
        if process.pid != os.getpid() and (name in process.command.encode() or name in process.environment)
    ]
