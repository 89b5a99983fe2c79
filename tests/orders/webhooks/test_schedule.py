"""The retry schedule as a table, in seconds without jitter; and what a receiver may ask for."""

from datetime import UTC, datetime, timedelta

import pytest

from services.orders.webhooks.schedule import WAITS, retry_after, wait_after

MIDDLE = 0.5
NOW = datetime(2027, 5, 1, 12, 0, tzinfo=UTC)


def seconds(wait: timedelta | None) -> float | None:
    return wait.total_seconds() if wait else None


def test_a_delivery_is_tried_eleven_times_in_a_day() -> None:
    waits = [seconds(wait_after(attempt, MIDDLE)) for attempt in range(1, 12)]

    assert waits == [5, 30, 120, 300, 900, 3600, 7200, 14400, 28800, 28800, None]
    assert timedelta(hours=23) < timedelta(seconds=sum(WAITS)) < timedelta(hours=24)


@pytest.mark.parametrize(("chance", "first"), [(0.0, 4), (0.5, 5), (0.999, 5.998)])
def test_each_wait_varies_by_a_fifth(chance: float, first: float) -> None:
    assert seconds(wait_after(1, chance)) == pytest.approx(first)


@pytest.mark.parametrize(
    ("asked", "chance", "wait"),
    [(60, 0.0, 60), (60, 0.5, 66), (1, 0.5, 5), (0, 0.5, 5), (10**9, 0.0, 8 * 3600), (10**9, 0.5, 8.8 * 3600)],
)
def test_a_longer_wait_that_is_asked_for_is_kept_within_bounds(asked: int, chance: float, wait: float) -> None:
    assert seconds(wait_after(1, chance, timedelta(seconds=asked))) == pytest.approx(wait)


def test_asking_for_a_wait_gives_no_further_attempt() -> None:
    assert wait_after(len(WAITS) + 1, MIDDLE, timedelta(seconds=60)) is None


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("120", 120),
        (" 120 ", 120),
        ("9" * 400, 10**9),
        ("Sat, 01 May 2027 12:01:00 GMT", 60),
        ("Sat, 01 May 2027 12:01:00", 60),
        ("Sat, 01 May 2027 11:00:00 GMT", 0),
        ("Sat, 99 May 2027 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(value: str | None, wait: float | None) -> None:
    found = retry_after(value, NOW)
    assert (found is None) == (wait is None)
    assert found is None or found.total_seconds() == wait
