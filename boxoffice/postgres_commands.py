"""The commands that make and run PostgreSQL's data, and the environment they run in."""

import os
import signal
import sys
from pathlib import Path

from boxoffice.child import Command
from boxoffice.ports import LOOPBACK
from boxoffice.postgres_binaries import Binaries
from boxoffice.postgres_cluster import ROLE

Owner = tuple[int, int] | None

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    # Three services with their pools, their listeners, and room for more processes of each.
    "max_connections": "200",
    "cluster_name": "boxoffice",
}


def initdb(binaries: Binaries, folder: Path, owner: Owner) -> Command:
    """Makes new data in this empty folder, with the password that it reads from its standard input."""
    locale: tuple[str, ...] = ("--locale=C.UTF-8",)
    if binaries.major >= 17:
        # The same sorting and casing, without asking what the system has installed.
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    access = ("--auth=scram-sha-256", f"--username={ROLE}", "--pwfile=/dev/stdin")
    words = (binaries.program("initdb"), "-D", _place(folder, owner), *access, "--encoding=UTF8", *locale)
    return Command(words, _environment(binaries), user=owner, folder=folder)


def server(binaries: Binaries, folder: Path, owner: Owner, port: int) -> Command:
    """Serves the data in this folder; its farewell is a fast shutdown."""
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    words = (binaries.program("postgres"), "-D", _place(folder, owner), "-p", str(port), *settings)
    return Command(words, _environment(binaries), farewell=signal.SIGINT, user=owner, folder=folder)


def _place(folder: Path, owner: Owner) -> str:
    """Another user may not be allowed to walk there by name, but does start in it."""
    return "/proc/self/cwd" if owner and sys.platform == "linux" else str(folder)


def _environment(binaries: Binaries) -> dict[str, str]:
    return {"LC_ALL": "C" if binaries.major >= 17 else "C.UTF-8", "TZ": "UTC", "PATH": os.defpath}
