"""Files of a backup: written, hashed, and down on the disk before the backup gets its name."""

import hashlib
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from boxoffice.failures import CannotStart

# The least: tables of orders shrink to a quarter, and the database stays the slower of the two.
LEVEL = 1
# What makes zlib write gzip's head and tail, without a time in them: the same rows make the same bytes.
GZIP = 31


@contextmanager
def draft_of(target: Path) -> Iterator[Path]:
    """A folder beside `target` that takes its place when the block ends well, and is removed when it does not."""
    refuse_used(target)
    draft = target.with_name(f"{target.name}.partial-{os.getpid()}")
    with told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.mkdir(mode=0o700)
    try:
        yield draft
        with told(target):
            _flush_folders(draft)
            draft.rename(target)
            flush(target.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def refuse_used(target: Path) -> None:
    """Raises `CannotStart` where something is there already."""
    with told(target):
        if target.is_dir() and not any(target.iterdir()):
            return
        if target.exists():
            raise CannotStart(f"{target} is not empty: name a new folder for the backup")


@contextmanager
def told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotStart(f"can't write the backup to {target}: {error.strerror}") from error


class HashedFile:
    """A file that is hashed as it is written. Raises `CannotStart` when the disk doesn't take it."""

    def __init__(self, path: Path, *, compressed: bool = False) -> None:
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()
        self._gzip = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP) if compressed else None
        with told(path):
            self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    @property
    def sha256(self) -> str:
        """In hex, once it is closed."""
        return self._hash.hexdigest()

    def __enter__(self) -> "HashedFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with told(self.path), self._file:
            if self._gzip and kind is None:
                self._put(self._gzip.flush())
            self._file.flush()
            os.fsync(self._file.fileno())

    def write(self, content: bytes) -> None:
        with told(self.path):
            self._put(self._gzip.compress(content) if self._gzip else content)

    async def take(self, content: bytes) -> None:
        """As `write`, for whoever wants to await it."""
        self.write(content)

    def _put(self, content: bytes) -> None:
        self._hash.update(content)
        self.size += len(content)
        self._file.write(content)


def flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folders(top: Path) -> None:
    for folder, _, _ in os.walk(top):
        flush(Path(folder))
