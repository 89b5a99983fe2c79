"""A disk of the run's own, so that it can be full.

As root: a tmpfs that is shrunk to what it holds. Else, where nobody may mount: the server's processes may not make
any file longer, which is what a full disk feels like, but for the error's name (EFBIG in place of ENOSPC).
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

ROOM_BYTES = 4 << 30
PAGE = 4096


class Disk(Protocol):
    """`how` says in a person's words how it becomes full."""

    how: str

    async def fill(self) -> None:
        """Raises `OSError` where that can't be had."""

    async def free(self) -> None: ...


@dataclass(slots=True)
class SmallDisk:
    """A tmpfs mounted on `folder`."""

    folder: Path
    how: str = "a tmpfs without a free byte"

    async def fill(self) -> None:
        for spare in range(1000):
            state = os.statvfs(self.folder)
            used = (state.f_blocks - state.f_bfree) * state.f_frsize
            # Whoever writes between the look and the change makes it too small.
            if await _run("mount", "-o", f"remount,size={used + spare * PAGE}", str(self.folder)) == 0:
                return
        raise OSError(f"{self.folder} can't be made full")

    async def free(self) -> None:
        await _run("mount", "-o", f"remount,size={ROOM_BYTES}", str(self.folder))


@dataclass(slots=True)
class NoLongerFiles:
    """`processes` gives those that write."""

    processes: Callable[[], list[int]]
    how: str = "no file may grow (EFBIG): mounting a small disk is not allowed here"

    async def fill(self) -> None:
        await self._limit("0")

    async def free(self) -> None:
        await self._limit("unlimited")

    async def _limit(self, length: str) -> None:
        """By a program that runs as who is limited: root itself may be without the right to."""
        for pid in self.processes():
            if await _run("prlimit", f"--pid={pid}", f"--fsize={length}:", **_as_owner(pid)) and _runs(pid):
                raise OSError("no small disk and no limits here: neither mount nor prlimit is allowed")


def _as_owner(pid: int) -> dict[str, Any]:
    if os.geteuid() != 0 or not _runs(pid):
        return {}
    owner = Path(f"/proc/{pid}").stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def disk(folder: Path, processes: Callable[[], list[int]], parts: AsyncExitStack) -> Disk:
    """The disk that `folder` is on from now on; it goes with `parts`."""
    if os.geteuid() != 0 or await _run("mount", "-t", "tmpfs", "-o", f"size={ROOM_BYTES},mode=755", "chaos", folder):
        return NoLongerFiles(processes)
    parts.push_async_callback(_run, "umount", "--lazy", str(folder))
    return SmallDisk(folder)


async def _run(*command: "str | Path", **user: Any) -> int:
    """The exit code; 127 where there is no such program."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, **user
        )
    except FileNotFoundError:
        return 127
    return await process.wait()
