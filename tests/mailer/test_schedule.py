"""The retry schedule as a table, in seconds without jitter."""

from datetime import timedelta

import pytest

from services.mailer import schedule

MIDDLE = 0.5


def seconds(wait: timedelta | None) -> float | None:
    return wait.total_seconds() if wait else None


def test_a_deferred_mail_is_tried_for_a_day() -> None:
    waits = [seconds(schedule.after_deferral(attempt, MIDDLE)) for attempt in range(1, 10)]

    assert waits == [600, 900, 1800, 3600, 7200, 14400, 28800, 28800, None]


def test_a_broken_line_is_soon_tried_again_and_then_as_seldom() -> None:
    waits = [seconds(schedule.after_broken_line(attempt, MIDDLE)) for attempt in range(1, 10)]

    assert waits == [5, 60, 1800, 3600, 7200, 14400, 28800, 28800, None]


def test_a_server_that_is_away_is_asked_each_minute_for_ever() -> None:
    waits = [seconds(schedule.while_unreachable(time, MIDDLE)) for time in (1, 2, 3, 4, 5, 6, 7, 8, 10_000)]

    assert waits == [1, 2, 5, 10, 20, 40, 60, 60, 60]


def test_a_server_that_refuses_us_is_asked_each_ten_minutes_for_ever() -> None:
    waits = [seconds(schedule.while_misconfigured(time, MIDDLE)) for time in (1, 2, 3, 4, 10_000)]

    assert waits == [60, 120, 300, 600, 600]


@pytest.mark.parametrize(("chance", "first"), [(0.0, 480), (0.5, 600), (1.0, 720)])
def test_the_first_wait_after_a_greylist_is_between_5_and_15_minutes(chance: float, first: int) -> None:
    assert seconds(schedule.after_deferral(1, chance)) == first
