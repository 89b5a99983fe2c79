"""What the processes say: all of it in a file of bounded size each, what matters also on the terminal."""

import os
import re
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Literal

Level = Literal["debug", "info", "warning", "error", "critical"]

FILE_BYTES = 5_000_000
KEPT_FILES = 3
# A flood on the terminal helps nobody: so many lines in a row, then the file has the rest.
SHOWN_LINES = 10
SHOWN_SECONDS = 5.0
# Nor does the same line again and again, while a broker is away.
REPEAT_SECONDS = 60.0
REMEMBERED_LINES = 100

_LEVEL = re.compile(
    r"^\S+ \[(?P<console>debug|info|warning|error|critical)\s*\]"
    r'|"level": ?"(?P<json>debug|info|warning|error|critical)"'
)
_CONSOLE = re.compile(r"^\S+ \[\w+\s*\] (?P<rest>.*)")
_POSTGRES = re.compile(r" (?P<level>LOG|WARNING|ERROR|FATAL|PANIC):  ")
_GRAVE = frozenset({"warning", "error", "critical"})


def level_of(line: str) -> str | None:
    """The level of a service's log line; None when it is none (part of a traceback, a cry before logs are set up)."""
    found = _LEVEL.search(line)
    return (found["console"] or found["json"]) if found else None


def service_matters(line: str) -> bool:
    """Warnings and errors; their tracebacks are for the file."""
    return level_of(line) in _GRAVE


def shortened(line: str) -> str:
    """A log line for people as they see it beside others: without time, service and padding."""
    found = _CONSOLE.match(line)
    return " ".join(re.sub(r" service=\S+$", "", found["rest"]).split()) if found else line


def postgres_matters(line: str) -> bool:
    """Only what brings the server down: errors of statements and connections are the services' to tell."""
    found = _POSTGRES.search(line)
    return bool(found and found["level"] == "PANIC")


class RotatingFile:
    """Lines appended to `path`; at 5 MB it becomes `path.1`, and so on; three older ones are kept."""

    def __init__(self, path: Path, limit: int = FILE_BYTES) -> None:
        self._path = path
        self._limit = limit
        self._file = path.open("ab", buffering=0)

    def write(self, line: str) -> None:
        """Never raises for a full disk: what is told is lost, not who tells it."""
        try:
            self._file.write(line.encode(errors="backslashreplace") + b"\n")
            if self._file.tell() > self._limit:
                self._rotate()
        except OSError:
            return

    def close(self) -> None:
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        for age in range(KEPT_FILES, 0, -1):
            older = self._path if age == 1 else self._numbered(age - 1)
            if older.exists():
                os.replace(older, self._numbered(age))
        self._file = self._path.open("ab", buffering=0)

    def _numbered(self, age: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{age}")


class Ear:
    """Listens to one process: every line to its file, what matters to `show`, the last ones kept for a failure."""

    def __init__(
        self,
        name: str,
        folder: Path,
        show: Callable[[str, str], None],
        matters: Callable[[str], bool],
        clock: Callable[[], float],
    ) -> None:
        self.path = folder / f"{name}.log"
        self.last_lines: deque[str] = deque(maxlen=50)
        self._name = name
        self._file = RotatingFile(self.path)
        self._show = show
        self._matters = matters
        self._clock = clock
        self._shown = 0
        self._window_ends = 0.0
        self._last_shown: dict[str, float] = {}

    def hear(self, line: str) -> None:
        self._file.write(line)
        self.last_lines.append(line)
        if self._matters(line):
            self._show_within_bounds(line)

    def unlogged(self) -> list[str]:
        """Of the last lines those that are no log lines: what a process cries before it dies."""
        return [line for line in self.last_lines if line.strip() and level_of(line) is None]

    def close(self) -> None:
        self._file.close()

    def _show_within_bounds(self, line: str) -> None:
        now, short = self._clock(), shortened(line)
        if now - self._last_shown.get(short, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return
        if len(self._last_shown) >= REMEMBERED_LINES:
            self._last_shown.clear()
        self._last_shown[short] = now
        if now > self._window_ends:
            self._shown, self._window_ends = 0, now + SHOWN_SECONDS
        self._shown += 1
        if self._shown <= SHOWN_LINES:
            self._show(self._name, short)
        elif self._shown == SHOWN_LINES + 1:
            self._show(self._name, f"… more in {self.path}")
