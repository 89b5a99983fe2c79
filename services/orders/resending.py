"""Sending the tickets again: how often it may be asked for."""

from collections.abc import Sequence
from datetime import timedelta

PERIOD = timedelta(days=1)
APART = timedelta(minutes=1)
AT_MOST = 10


def wait_before_next(ages: Sequence[timedelta]) -> timedelta | None:
    """How long to wait before the next, None when it may be now.

    `ages` are how long ago it was asked for, within `PERIOD`: once a minute, ten times a day.
    """
    waits = [APART - min(ages)] if ages else []
    if len(ages) >= AT_MOST:
        waits.append(PERIOD - sorted(ages)[AT_MOST - 1])
    longest = max(waits, default=timedelta(0))
    return longest if longest > timedelta(0) else None
