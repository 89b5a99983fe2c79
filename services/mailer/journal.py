"""What mail servers took from us, noted outside the database: what a restored backup can't know, this file can.

A folder with a file a month, `2026-11.log`, a line a mail: when, and its `Message-ID`. No address, no order's number.
Several processes may write to one folder. A file is of use while there are backups older than it.
"""

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog

log = structlog.get_logger()


class MailJournal:
    """Appends to `folder`, made on first use. A folder that can't be written to stops no mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unwritten: list[str] = []
        self._writing = asyncio.Lock()
        self._failing = False

    async def add(self, message_id: str) -> None:
        """On disk when this returns, with all that others added meanwhile: one flush for all of them."""
        self._unwritten.append(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {message_id}\n")
        async with self._writing:
            lines, self._unwritten = self._unwritten, []
            if lines:
                await self._write(lines)

    async def _write(self, lines: Sequence[str]) -> None:
        try:
            await asyncio.to_thread(_append, self._folder, lines)
        except OSError as error:
            if not self._failing:
                log.warning("mail.journal-failed", folder=str(self._folder), reason=error.strerror)
            self._failing = True
            return
        if self._failing:
            log.info("mail.journal-works")
        self._failing = False


def _append(folder: Path, lines: Sequence[str]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{lines[0][:7]}.log"
    # One write at the end of the file: lines of several processes don't mix.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, "".join(lines).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
