"""What a backup says of itself: `manifest.json`."""

from datetime import datetime
from hashlib import file_digest
from pathlib import Path

import msgspec

from boxoffice.failures import CannotStart

FORMAT = 1
NAME = "manifest.json"
KEYS = "signing.key"
INDEX = "store.index"
STORE = "store"
TABLES = "tables"


class TableCopy(msgspec.Struct, frozen=True):
    """`file` lies in the backup's folder, `size` bytes long; `sha256` is of the file as it is, in hex."""

    schema: str
    name: str
    columns: tuple[str, ...]
    rows: int
    file: str
    size: int
    sha256: str


class SequenceState(msgspec.Struct, frozen=True):
    schema: str
    name: str
    last_value: int


class StoreCopy(msgspec.Struct, frozen=True):
    """`missing` are keys that the database names and the store did not have, or had with other content."""

    files: int
    size: int
    index_sha256: str
    missing: tuple[str, ...] = ()


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`taken_at` is the snapshot's moment by the database's clock; `migrations` are checksums by schema and name.

    `bus` is the version of the Postgres bus's schema, None where there was none; `keys_sha256` is None where the keys
    were left out.
    """

    format: int
    taken_at: datetime
    boxoffice: str
    postgres: str
    migrations: dict[str, dict[str, str]]
    bus: int | None
    tables: tuple[TableCopy, ...]
    sequences: tuple[SequenceState, ...]
    store: StoreCopy
    keys_sha256: str | None


def read(folder: Path) -> Manifest:
    """Raises `CannotStart` when the folder is no whole backup, or one that this version can't read."""
    try:
        content = (folder / NAME).read_bytes()
        form = msgspec.json.decode(content, type=_Form).format
        if form > FORMAT:
            raise CannotStart(f"{folder} was written by a newer Boxoffice (format {form}): restore it with that one")
        return msgspec.json.decode(content, type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        raise CannotStart(f"{folder} is no backup, or one that was not finished: it has no {NAME}") from None
    except OSError as error:
        raise CannotStart(f"can't read {folder / NAME}: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise CannotStart(f"{folder / NAME} is damaged ({error}): restore another backup") from None


def encoded(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def sha256_of(file: Path) -> str:
    """In hex. Raises `OSError`."""
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def check_files(folder: Path, manifest: Manifest) -> None:
    """All but the store's files, which are checked as they are copied. Raises `CannotStart`."""
    expected = {table.file: table.sha256 for table in manifest.tables} | {INDEX: manifest.store.index_sha256}
    if manifest.keys_sha256:
        expected[KEYS] = manifest.keys_sha256
    for name, digest in expected.items():
        try:
            sound = sha256_of(folder / name) == digest
        except OSError as error:
            raise CannotStart(f"can't read {folder / name} ({error.strerror}): restore another backup") from None
        if not sound:
            raise CannotStart(f"{folder / name} is not what was backed up: restore another backup")


class _Form(msgspec.Struct):
    format: int
