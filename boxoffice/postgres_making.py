"""Makes PostgreSQL's data: built aside and moved into place, so that an interrupted start leaves none half made."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from boxoffice import postgres_commands
from boxoffice.child import Child
from boxoffice.postgres_binaries import Binaries
from boxoffice.postgres_cluster import Cluster
from boxoffice.postgres_commands import Owner


async def make_data(cluster: Cluster, binaries: Binaries, owner: Owner, on_line: Callable[[str], None]) -> int:
    """The exit code of `initdb`; the data is in place, and on the disk, when it is 0."""
    cluster.make_password()
    draft = cluster.folder / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if owner:
        os.chown(draft, *owner)
    code = await _initdb(cluster, binaries, owner, draft, on_line)
    if code == 0:
        draft.rename(cluster.data)
        _flush(cluster.folder)
    return code


async def _initdb(
    cluster: Cluster, binaries: Binaries, owner: Owner, draft: Path, on_line: Callable[[str], None]
) -> int:
    # The password goes through a file without a name: on a command line everybody could read it.
    with tempfile.TemporaryFile() as password:
        password.write(cluster.password().encode())
        password.seek(0)
        if owner:
            os.fchown(password.fileno(), *owner)
        child = await Child.start(postgres_commands.initdb(binaries, draft, owner), on_line, stdin=password.fileno())
        try:
            return await child.ended()
        finally:
            child.kill()


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
