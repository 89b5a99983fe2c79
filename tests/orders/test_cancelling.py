"""Until when an order may be cancelled, and how often its tickets sent again."""

from datetime import timedelta

import pytest

from services.orders.cancelling import By, too_late
from services.orders.resending import AT_MOST, wait_before_next
from tests.orders.builders import an_event

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
EVENT = an_event()


@pytest.mark.parametrize(
    ("by", "after_the_start", "allowed"),
    [
        ("buyer", -timedelta(days=30), True),
        ("buyer", -timedelta(seconds=1), True),
        ("buyer", timedelta(0), False),
        ("buyer", timedelta(days=30), False),
        ("organiser", timedelta(days=30), True),
    ],
)
def test_buyers_can_cancel_until_the_event_begins_and_organisers_always(
    by: By, after_the_start: timedelta, allowed: bool
) -> None:
    reason = too_late(EVENT, by, EVENT.starts_at + after_the_start)
    assert (reason is None) == allowed
    assert reason is None or EVENT.name in reason


@pytest.mark.parametrize(
    ("ages", "wait"),
    [
        ([], None),
        ([timedelta(0)], MINUTE),
        ([timedelta(seconds=59)], timedelta(seconds=1)),
        ([MINUTE], None),
        ([HOUR, MINUTE], None),
        ([HOUR, timedelta(0)], MINUTE),
        ([HOUR * n for n in range(1, AT_MOST)], None),
        ([HOUR * n for n in range(1, AT_MOST + 1)], HOUR * 14),
        ([timedelta(0)] + [HOUR * n for n in range(1, AT_MOST)], HOUR * 15),
        ([HOUR * n for n in range(1, 24)], HOUR * 14),
    ],
)
def test_tickets_are_sent_again_once_a_minute_and_ten_times_a_day(
    ages: list[timedelta], wait: timedelta | None
) -> None:
    assert wait_before_next(ages) == wait
