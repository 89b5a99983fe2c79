"""How long and how much: short in `make test`, at full length in `make soak` (marked `soak`)."""

import os
from typing import TypeVar

T = TypeVar("T", int, float)

AT_FULL_LENGTH = bool(os.environ.get("SOAK"))


def length(short: T, full: T) -> T:
    return full if AT_FULL_LENGTH else short
