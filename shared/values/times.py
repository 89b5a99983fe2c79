"""Moments and time zones: which are taken in, and how those are shown that an older version took in.

What is taken lies between 1970 and 2199: far enough from the ends of the calendar that no zone and no sum leaves it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(2200, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

_POSTGRES_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
# RFC 3339, section 5.6.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
# What Postgres writes for a time that Python's calendar has not.
_NO_YEAR_OF_OURS: Mapping[str, datetime] = {"-infinity": EARLIEST, "infinity": LATEST}


def instant(value: object) -> datetime:
    """An RFC 3339 time with its offset, in UTC. Raises `ValueError`.

    >>> instant("2027-07-14T20:00:00+02:00").isoformat()
    '2027-07-14T18:00:00+00:00'
    """
    at = _read(value)
    if at is None:
        raise ValueError("Give a time with its offset, like 2027-07-14T18:00:00Z.")
    if not FIRST <= at < END:
        raise ValueError("Give a time between the years 1970 and 2199.")
    return at


def timezone(value: str) -> str:
    """An IANA name. Raises `ValueError`."""
    if value not in _timezones():
        raise ValueError("Give the name of a time zone, like Europe/Berlin.")
    return value


def from_postgres(microseconds: int) -> datetime:
    """A `timestamptz` as Postgres sends it, counted from 2000; past the calendar's ends it is the end.

    >>> from_postgres(0).isoformat(), from_postgres(-(2**63)) == EARLIEST
    ('2000-01-01T00:00:00+00:00', True)
    """
    try:
        return _POSTGRES_EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return EARLIEST if microseconds < 0 else LATEST


def to_postgres(at: datetime) -> int:
    """The same back: the ends of the calendar are -infinity and infinity."""
    if at in (EARLIEST, LATEST):
        return -(2**63) if at == EARLIEST else 2**63 - 1
    return (at - _POSTGRES_EPOCH) // _MICROSECOND


def stored_text(value: str) -> datetime:
    """A time as Postgres writes it into JSON; past the calendar's ends it is the end."""
    if value in _NO_YEAR_OF_OURS:
        return _NO_YEAR_OF_OURS[value]
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return EARLIEST if value.endswith("BC") else LATEST


def later(at: datetime, by: timedelta) -> datetime:
    """The sum; the end of the calendar where it is past that."""
    try:
        return at + by
    except OverflowError:
        return LATEST


def zone_for(name: str, *moments: datetime | None) -> tzinfo:
    """The zone of this name, in which all these moments can be told; else UTC, in which any can."""
    try:
        zone = ZoneInfo(name)
        for at in moments:
            if at:
                at.astimezone(zone)
    except (KeyError, ValueError, OverflowError, OSError):
        # No such zone (`ZoneInfoNotFoundError` is a `KeyError`), or its clocks are past the end of the calendar then.
        return UTC
    return zone


def _read(value: object) -> datetime | None:
    try:
        if isinstance(value, str) and _TIME.fullmatch(value):
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except OverflowError:
        # 9999-12-31 far west of Greenwich is a time, though not one of ours.
        return LATEST
    except ValueError:
        pass
    return None


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"Factory", "localtime"}
