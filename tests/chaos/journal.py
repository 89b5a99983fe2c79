"""What happened, one JSON object a line, on disk as it happens: `at` is the time in seconds since 1970, `kind` what."""

import json
import time
from pathlib import Path
from typing import Any


class Journal:
    """Append-only; whoever reads the file sees every line that was noted."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)

    def note(self, kind: str, **told: Any) -> float:
        """Write a line; returns its time."""
        now = time.time()
        self._file.write(json.dumps({"at": round(now, 4), "kind": kind, **told}) + "\n")
        return now

    def close(self) -> None:
        self._file.close()
