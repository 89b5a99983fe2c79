"""The commands `boxoffice backup` and `boxoffice restore`.

Exit codes: 0 done, 1 it can't be done now and why, 2 wrong usage.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from boxoffice.failures import CannotStart, WrongUsage

if TYPE_CHECKING:
    from boxoffice.backup.manifest import Manifest
    from services.mailer.settings import MailerSettings

T = TypeVar("T")

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="the installation's folder [default: DATA_DIR, else ./data]"),
]


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a new folder, with secrets in it afterwards")],
    data: Data = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="leave the signing keys out: you keep them elsewhere")
    ] = False,
) -> None:
    """Copy the installation into a new folder, consistent, while it runs."""
    from boxoffice.backup.making import back_up

    target = folder.expanduser().absolute()
    made = _run(
        data, starting=False, work=lambda settings: back_up(settings, target, with_keys=not without_keys, tell=_tell)
    )
    _say(f"Backup of {_when(made)} in {folder}: {_contents(made)}")
    if made.store.missing:
        typer.echo(f"boxoffice: the store lacks {len(made.store.missing)} PDFs that the database names", err=True)
    if made.keys_sha256:
        _say("It holds the signing keys and everyone's addresses: keep it where nobody else reads it.")


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="what `boxoffice backup` made")],
    data: Data = None,
    replace: Annotated[bool, typer.Option("--replace", help="drop what the database holds now")] = False,
    keep_messages: Annotated[
        bool, typer.Option("--keep-messages", help="don't ask whether the broker is empty")
    ] = False,
    journal: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="a mail journal's folder, or a file with Message-IDs of mails that went"),
    ] = None,
) -> None:
    """Make the installation what it was when it was backed up. Services must be stopped."""
    from boxoffice.backup.restoring import Wishes
    from boxoffice.backup.restoring import restore as put_back

    wishes = Wishes(replace, keep_messages, evidence_in(journal or []))
    done = _run(data, starting=True, work=lambda settings: put_back(settings, folder, wishes, _tell))
    _say(f"Restored what was there at {_when(done.manifest)}: {_contents(done.manifest)}")
    if done.in_doubt:
        _say(f"{done.in_doubt} mails may have gone since; {done.found_sent} of them did, by the journals.")
    if left := done.in_doubt - done.found_sent:
        _say(f"{left} are held back until you decide: `boxoffice mails in-doubt`.")
    _say("API keys that were revoked since then are good again: revoke them now, before you start the services.")


def evidence_in(paths: list[Path]) -> list[Path]:
    """The files of each folder, and the files. Raises `WrongUsage`."""
    from boxoffice.backup.doubts import journal_files

    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise WrongUsage(f"{path} is not there")
        found += journal_files(path) if path.is_dir() else [path]
    return found


def _run(data: Path | None, *, starting: bool, work: "Callable[[MailerSettings], Awaitable[T]]") -> T:
    if data:
        os.environ["DATA_DIR"] = str(data)

    async def run() -> T:
        async with _database(Path(os.environ.get("DATA_DIR") or "data"), starting):
            return await work(_settings())

    return asyncio.run(run())


def _settings() -> "MailerSettings":
    from services.mailer.settings import MailerSettings
    from shared.settings import BadSettings, load

    try:
        return load(MailerSettings)
    except BadSettings as error:
        raise WrongUsage(str(error)) from None


@asynccontextmanager
async def _database(data: Path, starting: bool) -> AsyncIterator[None]:
    """DATABASE_URL is set inside: to the server that runs, else to one that is started for as long as this takes.

    `starting`: what is restored into may not run, and need not exist yet.
    """
    from boxoffice import data_dir
    from boxoffice.embedded_postgres import EmbeddedPostgres, running_url

    if os.environ.get("DATABASE_URL"):
        yield
        return
    if not starting and (url := running_url(data)):
        os.environ["DATABASE_URL"] = url
        yield
        return
    if not (starting or (data / "postgres").exists()):
        raise CannotStart(f"DATABASE_URL is not set, and there is nothing in {data}: set it, or name --data")
    claimed = data_dir.claim(data)
    try:
        async with EmbeddedPostgres(claimed.path) as url:
            os.environ["DATABASE_URL"] = url
            yield
    finally:
        claimed.release()


def _contents(made: "Manifest") -> str:
    rows = sum(table.rows for table in made.tables)
    return f"{rows:,} rows in {len(made.tables)} tables, {made.store.files:,} PDFs ({made.store.size / 1e6:,.1f} MB)"


def _when(made: "Manifest") -> str:
    return made.taken_at.isoformat(timespec="seconds")


def _say(line: str) -> None:
    typer.echo(line)


def _tell(line: str) -> None:
    """How far it has come: for a person who waits."""
    if sys.stderr.isatty():
        typer.echo(f"  {line}", err=True)
