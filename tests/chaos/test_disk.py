"""A disk that is full takes nothing more, and takes it again once it is freed."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.chaos.disk import Disk, NoLongerFiles, disk

# Says for each line that it reads whether it could write and keep a page more.
WRITER = """
import os, sys
for _ in sys.stdin:
    try:
        with open("file", "ab") as file:
            file.write(bytes(8192))
            file.flush()
            os.fsync(file.fileno())
        print("taken", flush=True)
    except OSError:
        print("refused", flush=True)
"""


class Writer:
    """A process that writes into a folder when asked to."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def write(self) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(b"\n")
        return (await self.process.stdout.readline()).decode().strip()


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Writer]:
    folder = tmp_path / "disk"
    folder.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"import os, sys; sys.stdin.readline(); os.chdir({str(folder)!r})\n{WRITER}"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin
    yield Writer(process)
    process.stdin.close()
    await process.wait()


async def begin(writer: Writer) -> None:
    """From here on it is in the folder, which may have become another disk."""
    assert writer.process.stdin
    writer.process.stdin.write(b"\n")


async def is_full_and_freed(place: Disk, writer: Writer) -> None:
    await begin(writer)
    assert await writer.write() == "taken"
    await place.fill()
    assert await writer.write() == "refused"
    await place.free()
    assert await writer.write() == "taken"


async def test_a_disk_of_our_own_is_full_and_freed(writer: Writer, tmp_path: Path) -> None:
    async with AsyncExitStack() as parts:
        place = await disk(tmp_path / "disk", lambda: [writer.process.pid], parts)
        await is_full_and_freed(place, writer)
        writer.process.kill()


async def test_where_nobody_may_mount_no_file_grows(writer: Writer) -> None:
    await is_full_and_freed(NoLongerFiles(lambda: [writer.process.pid]), writer)
