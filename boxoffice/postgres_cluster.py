"""The embedded server's folder: its data, its password, who owns it, and which process serves it.

password   of the role `boxoffice`, mode 0600
port       the last one used, taken again when it is free
lock       held while a server is supervised
cluster/   PostgreSQL's own; belongs to an unprivileged user when we are root
"""

import os
import pwd
import secrets
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from boxoffice.failures import CannotStart
from boxoffice.ports import LOOPBACK

ROLE = "boxoffice"
DATABASE = "boxoffice"
# Root can't run PostgreSQL; the first of these users does.
UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Postmaster:
    """As `postmaster.pid` tells; it may be left over from a process that is gone."""

    pid: int
    port: int
    ready: bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """`folder` is `postgres` under the data directory."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "cluster"

    def url(self, port: int, database: str = DATABASE) -> str:
        """With `sslmode=disable`: otherwise a driver looks for certificates in a HOME that may be closed to us."""
        return f"postgresql://{ROLE}:{self.password()}@{LOOPBACK}:{port}/{database}?sslmode=disable"

    def password(self) -> str:
        """Raises `CannotStart` when it is lost: the server would let nobody in."""
        try:
            return (self.folder / "password").read_text().strip()
        except OSError as error:
            raise CannotStart(
                f"can't read {self.folder / 'password'} ({error.strerror}): restore it from a backup, "
                "or choose another folder with --data"
            ) from None

    def make_password(self) -> None:
        """Once, before there is any data."""
        with suppress(FileExistsError):
            descriptor = os.open(self.folder / "password", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(24) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def last_port(self) -> int:
        """0 when unknown."""
        try:
            return int((self.folder / "port").read_text())
        except (OSError, ValueError):
            return 0

    def remember_port(self, port: int) -> None:
        (self.folder / "port").write_text(f"{port}\n")

    def major(self) -> int | None:
        """The major version of PostgreSQL that made the data; None where there is none yet."""
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            raise CannotStart(f"{self.data} is no PostgreSQL data: restore it, or choose another folder") from None

    def owner(self) -> tuple[int, int] | None:
        """The (uid, gid) that the server runs as when we are root: whose the data is, else an unprivileged user."""
        if os.geteuid() != 0:
            return None
        with suppress(FileNotFoundError):
            found = self.data.stat()
            if found.st_uid != 0:
                return found.st_uid, found.st_gid
        for name in UNPRIVILEGED:
            with suppress(KeyError):
                user = pwd.getpwnam(name)
                return user.pw_uid, user.pw_gid
        raise CannotStart("PostgreSQL can't run as root, and there is no user `nobody`: start as an ordinary user")

    def postmaster(self) -> Postmaster | None:
        """The process that serves the data, or is about to; None where there is none."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            told = Postmaster(int(lines[0]), int(lines[3] or 0), lines[7:8] == ["ready   "])
        except (OSError, ValueError, IndexError):
            return None
        return told if self._serves(told.pid) else None

    def discard_stale_pid(self) -> None:
        """After `kill -9` its number may belong to anyone by now, and PostgreSQL would refuse to start."""
        if self.postmaster() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _serves(self, pid: int) -> bool:
        if sys.platform == "linux":
            try:
                return Path(f"/proc/{pid}/cwd").samefile(self.data)
            except OSError:
                return False
        try:
            os.kill(pid, signal.Signals(0))
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True
