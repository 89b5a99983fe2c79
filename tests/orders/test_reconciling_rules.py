"""When an order is asked for again, as tables."""

from datetime import timedelta

import pytest

from services.orders.reconciling.rules import (
    AT_MOST_EACH,
    CALM,
    Load,
    Scope,
    Waits,
    announced_again_after,
    scope,
    wait_after,
)


def test_waits_double_to_an_hour_and_after_a_day_of_them_an_order_is_asked_for_daily() -> None:
    minutes = [wait_after(times, Waits()) / timedelta(minutes=1) for times in range(1, 30)]
    assert minutes == [4, 8, 16, 32, *[60] * 23, 1440, 1440]
    assert 23 <= sum(minutes[:27]) / 60 <= 25


@pytest.mark.parametrize(
    ("load", "whom"),
    [
        (Load(outbox=0, moving=0, waiting=0, watched=1), "all"),
        (Load(outbox=0, moving=CALM, waiting=CALM, watched=1), "all"),
        # An honest backlog: 100,000 orders wait for their turn, and all are watched.
        (Load(outbox=0, moving=100_000, waiting=0, watched=100_000), "overtaken"),
        (Load(outbox=100_000, moving=0, waiting=0, watched=100_000), "none"),
        # No mail server takes anything for a day: the mails wait, and are asked for once or twice.
        (Load(outbox=0, moving=0, waiting=100_000, watched=100_000), "all"),
        (Load(outbox=0, moving=0, waiting=AT_MOST_EACH * 100_000 + CALM + 1, watched=100_000), "none"),
    ],
)
def test_a_backlog_is_not_asked_for_again_but_what_was_overtaken_is(load: Load, whom: Scope) -> None:
    assert scope(load) == whom


def test_an_announcement_is_repeated_for_a_week_and_that_of_a_key_for_good() -> None:
    hours: list[float] = []
    while (wait := announced_again_after(len(hours), for_good=False)) is not None:
        hours.append(round(wait / timedelta(hours=1), 2))
    assert hours == [0.17, 1, 6, 24, 48, 96]
    assert announced_again_after(1000, for_good=True) == timedelta(days=4)
