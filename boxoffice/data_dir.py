"""The data directory: everything that the embedded parts keep, under one lock and one version.

VERSION     of this layout
lock        held by `boxoffice up`
logs/       what each process said, bounded in size
postgres/   the embedded server's
inbox/      the built-in inbox's
store/      PDFs, where STORE_URL does not say otherwise
signing.key the installation's secret keys
mail-journal/ which mails went, where MAIL_JOURNAL does not say otherwise
"""

import os
from dataclasses import dataclass
from pathlib import Path

from boxoffice.failures import CannotStart
from boxoffice.locking import FileLock, Taken

VERSION = 1
# What may lie in a folder that is ours or becomes ours: no scattering of files over somebody's home by a slip.
OURS = ("VERSION", "lock", "logs", "postgres", "inbox", "store", "signing.key", "mail-journal")
KNOWN = frozenset({*OURS, "lost+found", ".gitkeep", ".gitignore"})


@dataclass(frozen=True, slots=True)
class DataDir:
    """An absolute folder that we hold until `release`."""

    path: Path
    lock: FileLock

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def release(self) -> None:
        self.lock.release()


def claim(path: Path) -> DataDir:
    """Make the folder where needed and take it for this process. Raises `CannotStart`."""
    folder = path.expanduser().absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_foreign(folder)
        lock = FileLock(folder / "lock")
    except Taken as error:
        raise CannotStart(
            f"another `boxoffice up` (process {error.holder}) runs on {folder}: stop it, or choose another folder "
            "with --data"
        ) from None
    except (FileExistsError, NotADirectoryError):
        raise CannotStart(f"{folder} is no folder: choose another with --data") from None
    except OSError as error:
        raise CannotStart(f"can't write to {folder} ({error.strerror}): choose another folder with --data") from None
    try:
        _check_version(folder)
        (folder / "logs").mkdir(mode=0o700, exist_ok=True)
        if not os.access(folder / "logs", os.W_OK):
            raise CannotStart(f"can't write to {folder / 'logs'}: it belongs to another user")
    except OSError as error:
        lock.release()
        raise CannotStart(f"can't write to {folder} ({error.strerror}): choose another folder with --data") from None
    except CannotStart:
        lock.release()
        raise
    return DataDir(folder, lock)


def _refuse_foreign(folder: Path) -> None:
    names = set(os.listdir(folder))
    foreign = sorted(names - KNOWN)
    if foreign and "VERSION" not in names:
        raise CannotStart(f"{folder} has other files in it ({foreign[0]}): choose an empty or a new folder with --data")


def _check_version(folder: Path) -> None:
    file = folder / "VERSION"
    if not file.exists():
        file.write_text(f"{VERSION}\n")
        return
    told = file.read_text(errors="replace").strip()
    if not told.isdecimal():
        raise CannotStart(f"{file} has “{told[:20]}” instead of a number: restore it, or choose another folder")
    if int(told) > VERSION:
        raise CannotStart(
            f"{folder} was written by a newer Boxoffice (layout {told}, this one knows {VERSION}): "
            "start that one, or choose another folder with --data"
        )
