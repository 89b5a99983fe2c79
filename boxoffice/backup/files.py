"""The object store's side: the files that a snapshot names, copied and checked, 16 at a time.

Files are put before the commit that names them and never changed after it, so whatever the snapshot names is there
when the database has been copied.
"""

import asyncio
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path

import asyncpg

from boxoffice.backup.manifest import INDEX, STORE, StoreCopy
from boxoffice.backup.tables import Tell
from boxoffice.backup.writing import HashedFile
from boxoffice.failures import CannotStart
from shared.messages import StoredDocument
from shared.object_store import BadStore, NoSuchFile, ObjectStore, StoreUnavailable, open_store

AT_ONCE = 16
TELL_EVERY = 160
# Whatever else comes to name files in the store must be named here, or a restored installation lacks them.
NAMED = "SELECT store_key, size, sha256 FROM tickets.documents ORDER BY store_key"


class Damaged(Exception):
    """Another content than was recorded when it was stored."""


def opened(url: str) -> ObjectStore:
    """Raises `CannotStart`."""
    try:
        return open_store(url)
    except BadStore as error:
        raise CannotStart(str(error)) from None


async def write_index(connection: asyncpg.Connection, folder: Path) -> str:
    """Which files the snapshot names; returns the list's SHA-256. Raises `CannotStart`."""
    with HashedFile(folder / INDEX) as output:
        await connection.copy_from_query(NAMED, output=output.take, format="text")
    return output.sha256


async def copy_out(store: ObjectStore, folder: Path, index_sha256: str, tell: Tell) -> StoreCopy:
    """From the store into a backup. What is not there, or damaged, is named in the result. Raises `CannotStart`."""
    copies = opened((folder / STORE).absolute().as_uri())
    missing: list[str] = []
    count = size = seen = 0
    for batch in _batches(_named(folder)):
        for document, there in zip(batch, await _all(store, copies, batch), strict=True):
            if there is None:
                count, size = count + 1, size + document.size
            else:
                missing.append(document.key)
        seen += len(batch)
        if seen % TELL_EVERY == 0:
            tell(f"PDFs: {seen:,}")
    return StoreCopy(count, size, index_sha256, tuple(missing))


async def copy_back(folder: Path, missing: frozenset[str], store: ObjectStore, tell: Tell) -> None:
    """From a backup into the store, over what is there. Raises `CannotStart` when one is not what was backed up."""
    copies = opened((folder / STORE).absolute().as_uri())
    count = 0
    for batch in _batches(document for document in _named(folder) if document.key not in missing):
        for document, fault in zip(batch, await _all(copies, store, batch), strict=True):
            if fault:
                raise CannotStart(f"{folder / STORE / document.key} is {fault}: restore another backup")
        count += len(batch)
        if count % TELL_EVERY == 0:
            tell(f"PDFs: {count:,}")


async def _all(source: ObjectStore, target: ObjectStore, batch: list[StoredDocument]) -> list[str | None]:
    """For each None, or why it could not be copied. Whether it goes well or not, nothing is being written after it."""
    outcomes = await asyncio.gather(*(_one(source, target, document) for document in batch), return_exceptions=True)
    faults: list[str | None] = []
    for outcome in outcomes:
        if isinstance(outcome, StoreUnavailable):
            reason = str(outcome.__cause__ or outcome).splitlines()[0]
            raise CannotStart(f"a PDF can't be copied, {outcome}: {reason}") from outcome
        if isinstance(outcome, BaseException):
            raise outcome
        faults.append(outcome)
    return faults


async def _one(source: ObjectStore, target: ObjectStore, document: StoredDocument) -> str | None:
    try:
        content = await source.get(document.key)
    except NoSuchFile:
        return "missing"
    if sha256(content).hexdigest() != document.sha256:
        return "damaged"
    await target.put(document.key, content)
    return None


def _named(folder: Path) -> Iterator[StoredDocument]:
    with (folder / INDEX).open() as lines:
        for line in lines:
            key, size, digest = line.rstrip("\n").split("\t")
            yield StoredDocument(key, int(size), digest)


def _batches(documents: Iterator[StoredDocument]) -> Iterator[list[StoredDocument]]:
    while batch := list(islice(documents, AT_ONCE)):
        yield batch
