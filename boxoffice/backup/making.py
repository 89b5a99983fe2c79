"""A backup, step by step: the database's snapshot first, then the files it names, then the keys, then the manifest."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from boxoffice.backup import files, tables
from boxoffice.backup.manifest import FORMAT, KEYS, NAME, Manifest, StoreCopy, encoded
from boxoffice.backup.tables import Tell
from boxoffice.backup.writing import HashedFile, draft_of
from boxoffice.failures import CannotStart
from shared import keyring
from shared.settings import Settings


async def back_up(settings: Settings, target: Path, *, with_keys: bool, tell: Tell) -> Manifest:
    """Copy the installation of these settings into a new folder (absolute), while it runs.

    Raises `CannotStart`, leaving nothing. The snapshot is held while the tables are copied, not while the files are.
    """
    if with_keys:
        _keys(settings.key_file)
    store = files.opened(settings.store)
    with draft_of(target) as draft:
        taken = await _database(settings.database, draft, tell)
        copied = await files.copy_out(store, draft, taken.store.index_sha256, tell)
        # Read again, last: a key that was added meanwhile has signed what is in the copy.
        digest = _write(draft / KEYS, _keys(settings.key_file)) if with_keys else None
        manifest = Manifest(
            format=FORMAT,
            taken_at=taken.taken_at,
            boxoffice=taken.boxoffice,
            postgres=taken.postgres,
            migrations=taken.migrations,
            bus=taken.bus,
            tables=taken.tables,
            sequences=taken.sequences,
            store=copied,
            keys_sha256=digest,
        )
        _write(draft / NAME, encoded(manifest))
    return manifest


async def _database(url: str, draft: Path, tell: Tell) -> Manifest:
    """Its tables; of the files only which they are."""
    async with tables.snapshot(url) as connection:
        return Manifest(
            format=FORMAT,
            taken_at=await connection.fetchval("SELECT now()"),
            boxoffice=_our_version(),
            postgres=await connection.fetchval("SHOW server_version"),
            migrations=await tables.migrations(connection),
            bus=await tables.bus_version(connection),
            tables=tuple(await tables.copy_tables(connection, draft, tell)),
            sequences=tuple(await tables.sequences(connection)),
            store=StoreCopy(0, 0, await files.write_index(connection, draft)),
            keys_sha256=None,
        )


def _keys(file: Path) -> bytes:
    """The key file as it is, if it is one. Raises `CannotStart`."""
    if not file.exists():
        raise CannotStart(
            f"SIGNING_KEY: {file} is not there, and without it no ticket code or access token of this backup would be "
            "good: set SIGNING_KEY or DATA_DIR as the services have it, or say --without-keys"
        )
    try:
        keyring.load(file)
        return file.read_bytes()
    except keyring.BadKeyFile as error:
        raise CannotStart(str(error)) from None


def _our_version() -> str:
    try:
        return version("boxoffice")
    except PackageNotFoundError:
        # Run from a folder that was never installed: the migrations' names tell what matters.
        return "unknown"


def _write(path: Path, content: bytes) -> str:
    with HashedFile(path) as output:
        output.write(content)
    return output.sha256
