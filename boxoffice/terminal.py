"""What `boxoffice up` shows: steps as they happen, then lines from the services; plain when piped.

Writing happens on a thread of its own: a terminal that stands still (Ctrl-S, a hung remote line)
must not stop those who are supervised.
"""

import io
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.text import Text

WAITING_LINES = 1000
LAST_LINES_SECONDS = 1.0


class Terminal:
    """Lines in order on standard output. A line too many while it stands still is dropped."""

    def __init__(self) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A terminal without our letters gets a question mark, not an error.
            sys.stdout.reconfigure(errors="replace")
        self._console = Console(highlight=False, soft_wrap=True)
        self._live = self._console.is_terminal and not self._console.is_dumb_terminal
        self._lines: queue.Queue[Text | None] = queue.Queue(WAITING_LINES)
        self._writer = threading.Thread(target=self._write, name="terminal", daemon=True)
        self._writer.start()

    @contextmanager
    def step(self, doing: str) -> Iterator[Callable[[str], None]]:
        """Show that something is under way, and when it is done how long it took; call the result to reword it."""
        begun = time.perf_counter()
        done = [doing]
        if self._live:
            self._put(Text(f"  … {doing}", style="dim", end="\r"))
        try:
            yield lambda words: done.__setitem__(0, words)
        except BaseException:
            self._put(Text.assemble("  ", ("✗", "red"), f" {done[0]}"))
            raise
        took = f"{time.perf_counter() - begun:.1f} s"
        self._put(Text.assemble("  ", ("✓", "green"), f" {done[0]:<58} ", (took, "dim")))

    def say(self, words: str | Text = "") -> None:
        self._put(words if isinstance(words, Text) else Text(words))

    def warn(self, words: str) -> None:
        self._put(Text.assemble("  ", ("!", "yellow"), f" {words}"))

    def quote(self, name: str, line: str) -> None:
        """A line that a process said."""
        self._put(Text.assemble((f"  {name:<8} │ ", "dim"), line))

    def close(self) -> None:
        """Wait a moment for the last lines."""
        with suppress(queue.Full):
            self._lines.put_nowait(None)
        self._writer.join(LAST_LINES_SECONDS)

    def _put(self, line: Text) -> None:
        with suppress(queue.Full):
            self._lines.put_nowait(line)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                if self._live:
                    # Over a step that is still under way.
                    self._console.file.write("\x1b[2K")
                self._console.print(line, end=line.end)
            except OSError:
                # Nobody reads any more; the log files have everything. At exit Python would complain once more.
                with suppress(OSError, ValueError):
                    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                return
