"""Everything that is said is in a file of bounded size; what matters is shown, once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from boxoffice.logs import FILE_BYTES, KEPT_FILES, Ear, RotatingFile, level_of, postgres_matters, service_matters

WARNING = "2026-11-24T03:36:43.1Z [warning  ] bus.away                       queue=mailer service=mailer"
INFO = "2026-11-24T03:36:43.1Z [info     ] service.listening              port=8080 service=orders"


@pytest.fixture
def shown() -> list[str]:
    return []


@pytest.fixture
def now() -> list[float]:
    """The clock; its only element is the time in seconds."""
    return [100.0]


@pytest.fixture
def ear(tmp_path: Path, shown: list[str], now: list[float]) -> Iterator[Ear]:
    made = Ear("mailer", tmp_path, lambda _, line: shown.append(line), service_matters, lambda: now[0])
    yield made
    made.close()


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (WARNING, "warning"),
        (INFO, "info"),
        ('{"action": "bus.away", "level": "error", "timestamp": "2026"}', "error"),
        ("Traceback (most recent call last):", None),
        ("", None),
    ],
)
def test_a_line_s_level_is_known_in_both_forms(line: str, level: str | None) -> None:
    assert level_of(line) == level


def test_a_warning_is_shown_without_time_and_padding(ear: Ear, shown: list[str]) -> None:
    ear.hear(INFO)
    ear.hear(WARNING)
    assert shown == ["bus.away queue=mailer"]
    assert ear.path.read_text() == f"{INFO}\n{WARNING}\n"


def test_the_same_line_is_shown_once_a_minute(ear: Ear, shown: list[str], now: list[float]) -> None:
    for _ in range(3):
        ear.hear(WARNING)
    now[0] += 61
    ear.hear(WARNING)
    assert len(shown) == 2


def test_a_flood_is_cut_and_the_file_named(ear: Ear, shown: list[str]) -> None:
    for number in range(100):
        ear.hear(WARNING.replace("queue=mailer", f"queue={number}"))
    assert len(shown) == 11
    assert shown[-1] == f"… more in {ear.path}"
    assert len(ear.path.read_text().splitlines()) == 100


def test_what_is_no_log_line_is_kept_for_a_failure_s_reason(ear: Ear, shown: list[str]) -> None:
    for line in (INFO, "Traceback", "", "ValueError: no"):
        ear.hear(line)
    assert ear.unlogged() == ["Traceback", "ValueError: no"]
    assert shown == []


def test_files_do_not_grow_without_bound(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "orders.log", limit=100)
    for number in range(1000):
        file.write(f"line {number:4}")
    file.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == 1 + KEPT_FILES
    assert all(path.stat().st_size <= 100 + len("line 1234\n") for path in files)
    assert FILE_BYTES * (1 + KEPT_FILES) == 20_000_000


@pytest.mark.parametrize(("level", "matters"), [("LOG", False), ("ERROR", False), ("FATAL", False), ("PANIC", True)])
def test_of_postgres_only_what_brings_it_down_is_shown(level: str, matters: bool) -> None:
    tell: Callable[[str], bool] = postgres_matters
    assert tell(f"2026-11-24 03:36:43.1 UTC [7] {level}:  could not") is matters
