"""What a person gets wrong is told in one line that says what to do; the exit code tells programs."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from boxoffice.data_dir import VERSION, claim
from boxoffice.failures import CannotStart

PROJECT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def boxoffice(tmp_path: Path) -> Run:
    """Runs the command in an empty folder."""

    def run(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(PROJECT), **settings}
        return subprocess.run(
            [sys.executable, "-P", "-m", "boxoffice", *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=environment,
            timeout=60,
        )

    return run


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def complaint(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The only line on stderr."""
    assert done.returncode == code, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("boxoffice: ")
    return line


@pytest.mark.parametrize(
    "words",
    [
        ["sell"],
        ["up", "--prot", "1"],
        ["up", "--port", "many"],
        ["up", "--port", "0"],
        ["up", "--port", "65536"],
        ["serve"],
        ["serve", "coffee"],
        ["migrate", "twice"],
    ],
)
def test_a_slip_of_the_fingers_is_one_line(boxoffice: Run, words: list[str]) -> None:
    assert complaint(boxoffice(*words), 2).endswith("See `boxoffice --help`.")


def test_without_a_command_it_says_what_there_is(boxoffice: Run) -> None:
    done = boxoffice()
    assert done.returncode == 0
    for command in ("up", "serve", "migrate"):
        assert f"\n  {command} " in done.stdout


def test_a_taken_port_is_named_with_its_option(boxoffice: Run, taken_port: int, free_port: int) -> None:
    line = complaint(boxoffice("up", "--port", str(free_port), "--inbox-port", str(taken_port)), 1)
    assert f"port {taken_port} is taken" in line
    assert "--inbox-port" in line


def test_one_port_for_two_is_refused(boxoffice: Run, free_port: int) -> None:
    line = complaint(boxoffice("up", "--port", str(free_port), "--tickets-port", str(free_port)), 2)
    assert "--port and --tickets-port" in line


def test_a_data_directory_is_run_on_once(boxoffice: Run, tmp_path: Path) -> None:
    with claim(tmp_path / "data").lock:
        assert f"process {os.getpid()}" in complaint(boxoffice("up"), 1)


def test_a_data_directory_of_a_newer_version_is_left_alone(boxoffice: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "VERSION").write_text(f"{VERSION + 1}\n")
    assert "newer Boxoffice" in complaint(boxoffice("up"), 1)


def test_a_folder_with_other_files_is_left_alone(boxoffice: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    assert "thesis.tex" in complaint(boxoffice("up", "--data", "."), 1)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_data_directory_that_can_t_be_made_is_told(boxoffice: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is no folder" in complaint(boxoffice("up", "--data", "file"), 1)
    assert "is no folder" in complaint(boxoffice("up", "--data", "file/below"), 1)
    # Not even root can write here.
    assert "can't write to /proc/boxoffice" in complaint(boxoffice("up", "--data", "/proc/boxoffice"), 1)


def test_every_wrong_setting_is_told_before_anything_starts(boxoffice: Run, free_port: int) -> None:
    done = boxoffice("up", "--port", str(free_port), LOG_LEVEL="loud", DATABASE_URL="mysql://x", MAIL_FROM="nobody")
    assert done.returncode == 2
    named = {line.split(": ")[1] for line in done.stderr.splitlines()}
    assert named == {"LOG_LEVEL", "DATABASE_URL", "MAIL_FROM"}


def test_a_database_that_lets_nobody_in_is_told(boxoffice: Run, free_port: int) -> None:
    settings = {"DATABASE_URL": f"postgresql://boxoffice@127.0.0.1:{free_port}/boxoffice"}
    assert "DATABASE_URL" in complaint(boxoffice("migrate", **settings), 1)


def test_migrate_without_a_database_says_where_one_could_be(boxoffice: Run) -> None:
    assert "start `boxoffice up`" in complaint(boxoffice("migrate"), 2)


def test_migrate_can_be_repeated(boxoffice: Run, database_url: str) -> None:
    assert "applied orders:" in boxoffice("migrate", DATABASE_URL=database_url).stdout
    assert boxoffice("migrate", DATABASE_URL=database_url).stdout == "up to date\n"


def test_a_claimed_folder_is_free_again_after_its_release(tmp_path: Path) -> None:
    claimed = claim(tmp_path / "data")
    with pytest.raises(CannotStart):
        claim(tmp_path / "data")
    claimed.release()
    claim(tmp_path / "data").release()
