"""When a mail is tried again: attempt in, wait out. Nothing here reads a clock or rolls a die.

In seconds, each ± 20 % (`JITTER`):

    deferred (4xx)   600, 900, 1800, 3600, 7200, 14400, 28800, 28800: nine attempts in 24 hours
    broken line      5, 60, then as above from the third
    unreachable      1, 2, 5, 10, 20, 40, then 60 for as long as it takes
    misconfigured    60, 120, 300, then 600 for as long as it takes

The first wait after a 4xx falls between 8 and 12 minutes: greylists let a sender in after 5 minutes
at most by default, and few want to see it again within 15.
"""

from collections.abc import Sequence
from datetime import timedelta

JITTER = 0.2
DEFERRED = (600, 900, 1800, 3600, 7200, 14400, 28800, 28800)
BROKEN = (5, 60, *DEFERRED[2:])
UNREACHABLE = (1, 2, 5, 10, 20, 40, 60)
MISCONFIGURED = (60, 120, 300, 600)


def after_deferral(attempt: int, chance: float) -> timedelta | None:
    """The wait after attempt number `attempt` (from 1) met a 4xx; None: that was the last.

    >>> after_deferral(1, chance=0.5)
    datetime.timedelta(seconds=600)
    """
    return _jittered(DEFERRED[attempt - 1], chance) if attempt <= len(DEFERRED) else None


def after_broken_line(attempt: int, chance: float) -> timedelta | None:
    """The same when the line broke, or the server went silent."""
    return _jittered(BROKEN[attempt - 1], chance) if attempt <= len(BROKEN) else None


def while_unreachable(time: int, chance: float) -> timedelta:
    """The wait after finding no server for the `time`th time in a row, from 1."""
    return _jittered(_nth_or_last(UNREACHABLE, time), chance)


def while_misconfigured(time: int, chance: float) -> timedelta:
    """The wait after the server would not serve us for the `time`th time in a row, from 1."""
    return _jittered(_nth_or_last(MISCONFIGURED, time), chance)


def _nth_or_last(waits: Sequence[int], time: int) -> int:
    return waits[min(time, len(waits)) - 1]


def _jittered(seconds: int, chance: float) -> timedelta:
    return timedelta(seconds=seconds * (1 + JITTER * (2 * chance - 1)))
