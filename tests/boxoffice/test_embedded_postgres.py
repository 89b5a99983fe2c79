"""The embedded server: durable, private, and gone when it should be."""

import asyncio
import os
import pwd
import signal
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from boxoffice.embedded_postgres import EmbeddedPostgres, running_url
from boxoffice.failures import CannotStart
from boxoffice.postgres_cluster import Cluster, Postmaster
from tests.boxoffice.stand_ins import gone, proc
from tests.servers.waiting import eventually

Standing = tuple[EmbeddedPostgres, Path]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(tmp_path)
    await made.start()
    yield made
    await made.stop(grace=0)


@pytest.fixture(scope="module")
async def standing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Standing]:
    """One for the tests that leave it as it is, with its data directory."""
    folder = tmp_path_factory.mktemp("standing")
    made = EmbeddedPostgres(folder)
    await made.start()
    yield made, folder
    await made.stop(grace=0)


def postmaster(folder: Path) -> Postmaster:
    found = Cluster(folder / "postgres").postmaster()
    assert found
    return found


async def query(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_committed_rows_survive_a_kill_and_the_url_stays(server: EmbeddedPostgres, tmp_path: Path) -> None:
    url = server.url
    await query(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(postmaster(tmp_path).pid, signal.SIGKILL)
    assert await server.ended() == -signal.SIGKILL
    assert await server.start() == url
    assert await query(url, "SELECT answer FROM kept") == 42


async def test_nothing_is_relaxed_for_speed(standing: Standing) -> None:
    server, _ = standing
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        assert await query(server.url, f"SELECT current_setting('{setting}')") == "on"


async def test_it_sorts_and_lowers_letters_of_any_language(standing: Standing) -> None:
    server, _ = standing
    assert await query(server.url, "SELECT lower('ÄÉΩЖ')") == "äéωж"


async def test_it_is_reached_by_password_on_the_loopback_alone(standing: Standing) -> None:
    server, _ = standing
    assert await query(server.url, "SELECT current_setting('listen_addresses')") == "127.0.0.1"
    assert await query(server.url, "SELECT current_setting('unix_socket_directories')") == ""
    password = server.url.partition("boxoffice:")[2].partition("@")[0]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await query(server.url.replace(password, "guess"), "SELECT 1")


async def test_the_password_is_for_our_eyes_only(standing: Standing) -> None:
    _, folder = standing
    assert stat.S_IMODE((folder / "postgres" / "password").stat().st_mode) == 0o600
    command_line = proc(postmaster(folder).pid, "cmdline").read_text()
    assert Cluster(folder / "postgres").password() not in command_line


async def test_started_by_root_it_runs_as_someone_without_rights(standing: Standing) -> None:
    _, folder = standing
    owner = proc(postmaster(folder).pid).stat().st_uid
    assert owner == (os.geteuid() or pwd.getpwuid(owner).pw_uid)
    assert owner != 0


async def test_whoever_starts_beside_it_finds_its_url(server: EmbeddedPostgres, tmp_path: Path) -> None:
    assert running_url(tmp_path) == server.url
    await server.stop()
    assert running_url(tmp_path) is None


async def test_a_second_server_on_the_same_data_is_refused(standing: Standing) -> None:
    server, folder = standing
    with pytest.raises(CannotStart, match="another process"):
        await EmbeddedPostgres(folder).start()
    assert await query(server.url, "SELECT 1") == 1


async def test_a_pid_file_left_by_a_kill_does_not_stop_the_next_start(server: EmbeddedPostgres, tmp_path: Path) -> None:
    os.kill(postmaster(tmp_path).pid, signal.SIGKILL)
    await server.ended()
    left = tmp_path / "postgres" / "cluster" / "postmaster.pid"
    # Its number belongs to someone else by now: us.
    left.write_text("\n".join([str(os.getpid()), *left.read_text().splitlines()[1:]]))
    assert await query(await server.start(), "SELECT 1") == 1


async def test_data_of_another_major_version_is_told(server: EmbeddedPostgres, tmp_path: Path) -> None:
    await server.stop()
    (tmp_path / "postgres" / "cluster" / "PG_VERSION").write_text("11\n")
    with pytest.raises(CannotStart, match=r"made by PostgreSQL 11, but here is only PostgreSQL"):
        await server.start()


async def test_a_lost_password_is_told(server: EmbeddedPostgres, tmp_path: Path) -> None:
    await server.stop()
    (tmp_path / "postgres" / "password").unlink()
    with pytest.raises(CannotStart, match="restore it from a backup"):
        await server.start()
    assert running_url(tmp_path) is None


async def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    draft = tmp_path / "postgres" / "draft"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    async with EmbeddedPostgres(tmp_path) as url:
        assert await query(url, "SELECT 1") == 1


async def test_it_goes_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from boxoffice.embedded_postgres import EmbeddedPostgres\n"
        "async def main():\n"
        "    server = EmbeddedPostgres(Path(sys.argv[1]))\n"
        "    print(await server.start(), flush=True)\n"
        "    await server.ended()\n"
        "asyncio.run(main())\n"
    )
    supervisor = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert supervisor.stdout
    url = (await supervisor.stdout.readline()).decode().strip()
    pid = postmaster(tmp_path).pid
    supervisor.kill()
    await supervisor.communicate()
    assert await eventually(lambda: gone(pid))
    async with EmbeddedPostgres(tmp_path) as again:
        assert again == url
