"""infra/setup.sh: instant when nothing changed, heals itself, says what is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[2] / "infra" / "setup.sh"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that needs no packages, in a folder with a space in its name, set up once."""
    folder = tmp_path_factory.mktemp("setup") / "my project"
    (folder / "infra").mkdir(parents=True)
    shutil.copy(SETUP, folder / "infra")
    (folder / "requirements.txt").write_text("# nothing\n")
    (folder / "requirements-dev.txt").write_text("# nothing more\n")
    (folder / "boxoffice").mkdir()
    (folder / "boxoffice" / "__main__.py").write_text("import sys; print('ran', *sys.argv[1:])\n")
    assert set_up(folder, "requirements-dev.txt").returncode == 0
    return folder


def set_up(project: Path, requirements: str = "requirements.txt", **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(project / "infra" / "setup.sh"), requirements],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHON": sys.executable, **settings},
        cwd="/",
    )


def test_the_command_runs_from_anywhere(project: Path) -> None:
    command = [str(project / ".venv" / "bin" / "boxoffice"), "a b", "c"]
    assert subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout == "ran a b c\n"


def test_again_it_does_nothing_nor_for_a_part_of_what_is_there(project: Path) -> None:
    for requirements in ("requirements-dev.txt", "requirements.txt"):
        again = set_up(project, requirements)
        assert (again.returncode, again.stderr) == (0, "")


def test_other_requirements_are_installed_into_what_is_there(project: Path) -> None:
    (project / "requirements.txt").write_text("# still nothing\n")
    changed = set_up(project)
    assert "Installing" in changed.stderr
    assert "Making .venv" not in changed.stderr
    assert set_up(project).stderr == ""


def test_an_installation_that_failed_says_why_and_is_made_anew(project: Path) -> None:
    (project / "requirements.txt").write_text("no-such-package==1 --hash=sha256:00\n")
    failed = set_up(project, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(project))
    assert failed.returncode == 1
    assert "no-such-package" in failed.stderr.splitlines()[-1]
    (project / "requirements.txt").write_text("# nothing\n")
    healed = set_up(project)
    assert (healed.returncode, "Making .venv" in healed.stderr) == (0, True)


def test_a_moved_project_gets_a_python_of_its_own(project: Path) -> None:
    moved = project.rename(project.with_name("elsewhere"))
    try:
        assert "Making .venv" in set_up(moved).stderr
        test_the_command_runs_from_anywhere(moved)
    finally:
        moved.rename(project)


def test_an_old_python_is_refused(project: Path, tmp_path: Path) -> None:
    old = tmp_path / "python-old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    (project / "requirements.txt").write_text("# changed\n")
    refused = set_up(project, PYTHON=str(old))
    assert refused.returncode == 1
    assert refused.stderr.startswith("setup: Python 3.11 or newer is needed")
