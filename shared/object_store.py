"""Files by key in the object store: a folder, S3, or memory (`STORE_URL`).

BadStore         the URL or the folder can't be used: the service does not start
StoreUnavailable the store does not take or give the file now: try again later
NoSuchFile       nothing is stored under this key
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, MemoryStore, S3Store

from shared.messages import StoredDocument
from shared.together import Together


class BadStore(Exception):
    """STORE_URL does not name a place we can use."""


class StoreUnavailable(Exception):
    """The store refused or did not answer; the library's exception is the `__cause__`."""


class NoSuchFile(Exception):
    """Nothing is stored under this key."""


class ObjectStore:
    """Small files, whole: written atomically, read at once."""

    def __init__(self, backend: LocalStore | MemoryStore | S3Store, folder: Path | None = None) -> None:
        self._backend = backend
        self._folder = folder
        self._flushes = Together[Path, None](_flush_together)

    async def put(self, key: str, content: bytes) -> StoredDocument:
        """Store under `key`, replacing what is there; on disk when this returns. Raises `StoreUnavailable`."""
        with _translated(key):
            await obstore.put_async(self._backend, key, content)
            if self._folder:
                await self._flushes.add(self._folder / key)
        return StoredDocument(key=key, size=len(content), sha256=sha256(content).hexdigest())

    async def get(self, key: str) -> bytes:
        """The whole file. Raises `NoSuchFile`, `StoreUnavailable`."""
        with _translated(key):
            result = await obstore.get_async(self._backend, key)
            return bytes(await result.bytes_async())


def open_store(url: str) -> ObjectStore:
    """Raises `BadStore` when the URL can't be used, or its folder can't be made."""
    parts = urlsplit(url)
    if parts.scheme == "memory":
        return ObjectStore(MemoryStore())
    if parts.scheme == "s3":
        return ObjectStore(S3Store.from_url(url))
    folder = Path(unquote(parts.path))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadStore(f"STORE_URL: can't use {folder}: {error.strerror}") from error
    if not os.access(folder, os.W_OK):
        raise BadStore(f"STORE_URL: can't write to {folder}")
    return ObjectStore(LocalStore(folder), folder)


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise NoSuchFile(key) from error
    except (BaseError, OSError) as error:
        raise StoreUnavailable(f"{type(error).__name__} at {key}") from error


async def _flush_together(files: Sequence[Path]) -> list[None]:
    """What was written while the last flush ran shares one thread and the flush of its folder."""
    await asyncio.to_thread(_flush, files)
    return [None] * len(files)


def _flush(files: Sequence[Path]) -> None:
    """The files and their folders' entries, down to the disk: the library renames into place without it."""
    for path in (*files, *{file.parent for file in files}):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
