"""When a delivery is tried again: attempt in, wait out. Nothing here reads a clock or rolls a die.

In seconds, each ± 20 % (`JITTER`):

    5, 30, 120, 300, 900, 3600, 7200, 14400, 28800, 28800: eleven attempts in 23 hours

A `Retry-After` that asks for longer is followed, up to 8 hours; one that asks for less is not.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

JITTER = 0.2
WAITS = (5, 30, 120, 300, 900, 3600, 7200, 14400, 28800, 28800)
LONGEST_ASKED = timedelta(hours=8)


def wait_after(attempt: int, chance: float, asked: timedelta | None = None) -> timedelta | None:
    """The wait after attempt number `attempt` (from 1) failed; None: that was the last.

    `asked` is the receiver's `Retry-After`; `chance` in [0, 1) is the jitter's. What was asked for is only
    ever exceeded.

    >>> wait_after(1, chance=0.5)
    datetime.timedelta(seconds=5)
    """
    if attempt > len(WAITS):
        return None
    nominal = timedelta(seconds=WAITS[attempt - 1] * (1 + JITTER * (2 * chance - 1)))
    return max(nominal, min(asked, LONGEST_ASKED) * (1 + JITTER * chance)) if asked else nominal


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """A `Retry-After` header as a wait (RFC 9110 section 10.2.3: seconds, or a date); None for what is neither."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:12]), 10**9))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(until.replace(tzinfo=until.tzinfo or UTC) - now, timedelta(0))
