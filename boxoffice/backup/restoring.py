"""A restore, step by step: everything is checked, then files, then keys, then the database in one transaction.

The database comes last, so that it never names a file or needs a key that is not there; until its commit the place is
as empty as before, and the restore can be begun again.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from boxoffice.backup import doubts, files, loading, manifest, target
from boxoffice.backup.manifest import KEYS, Manifest
from boxoffice.backup.tables import PLAIN, Tell
from boxoffice.backup.writing import HashedFile, flush
from boxoffice.failures import CannotStart, WrongUsage
from boxoffice.schemas import session
from services.mailer.settings import MailerSettings


@dataclass(frozen=True, slots=True)
class Wishes:
    """`replace` what is there, `keep_messages` of the broker; `evidence` are files with Message-IDs of what went."""

    replace: bool = False
    keep_messages: bool = False
    evidence: Sequence[Path] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """`in_doubt` mails may have gone since the backup; `found_sent` of them did."""

    manifest: Manifest
    in_doubt: int
    found_sent: int


async def restore(settings: MailerSettings, folder: Path, wishes: Wishes, tell: Tell) -> Restored:
    """Make the installation of these settings what it was. Raises `CannotStart`."""
    told = manifest.read(folder)
    loading.refuse_newer(told)
    manifest.check_files(folder, told)
    if settings.store.startswith("memory:") and told.store.files:
        raise WrongUsage("STORE_URL: memory:// forgets the PDFs at once: set a folder or a bucket")
    if not wishes.keep_messages:
        await target.refuse_messages(settings)
    async with session(settings.database, "pg_catalog") as connection:
        await connection.execute(PLAIN)
        await target.keep_others_out(connection)
        await target.refuse_running(connection)
        if not wishes.replace:
            await target.refuse_full(connection)
        _refuse_other_keys(folder, told, settings.key_file, wishes)
        store = files.opened(settings.store)
        await files.copy_back(folder, frozenset(told.store.missing), store, tell)
        _put_keys(folder, told, settings.key_file)
        async with connection.transaction():
            await loading.load(connection, folder, told, tell)
            counts = await _settle_mails(connection, told, [*doubts.journal_files(settings.journal), *wishes.evidence])
        await connection.execute("ANALYZE")
    return Restored(told, *counts)


async def _settle_mails(connection: asyncpg.Connection, told: Manifest, evidence: Sequence[Path]) -> tuple[int, int]:
    """How many mails were in doubt, and how many of them are found to have gone."""
    when = told.taken_at.astimezone(UTC).isoformat(timespec="seconds")
    await doubts.end_sign_ins(connection)
    in_doubt = await doubts.hold_back_mails(connection, f"may have gone since the backup of {when}")
    await connection.execute("SET search_path = mailer")
    return in_doubt, await doubts.settle_by_evidence(connection, evidence)


def _refuse_other_keys(folder: Path, told: Manifest, file: Path, wishes: Wishes) -> None:
    if told.keys_sha256 is None:
        if not file.exists():
            raise CannotStart(f"SIGNING_KEY: the backup has no keys, and {file} is not there: put your own there")
    elif file.exists() and file.read_bytes() != (folder / KEYS).read_bytes() and not wishes.replace:
        raise CannotStart(
            f"SIGNING_KEY: {file} has other keys than the backup: move it away, or say --replace, which sets it aside"
        )


def _put_keys(folder: Path, told: Manifest, file: Path) -> None:
    """The backup's keys in their place, mode 0600; others that were there are set aside beside them."""
    if told.keys_sha256 is None:
        return
    content = (folder / KEYS).read_bytes()
    try:
        if file.exists():
            if file.read_bytes() == content:
                return
            file.rename(file.with_name(f"{file.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S}"))
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        with HashedFile(draft) as output:
            output.write(content)
        draft.rename(file)
        flush(file.parent)
    except OSError as error:
        raise CannotStart(f"SIGNING_KEY: can't write {file}: {error.strerror}") from error
