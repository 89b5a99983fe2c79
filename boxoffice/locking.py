"""One process at a time: a lock on a file, let go by the system when its holder dies."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType


class Taken(Exception):
    """Another process holds the lock; `holder` is its process id where it could be read."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"held by process {holder or 'unknown'}")
        self.holder = holder


class FileLock:
    """Held from its making until `release`. Raises `Taken`, or `OSError` when the file can't be written."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 20).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise Taken(holder) from None
        os.truncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others in. Idempotent."""
        with suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = -1

    def __enter__(self) -> "FileLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
