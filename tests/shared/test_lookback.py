"""A reader looks near where it was, and now and then at everything."""

from datetime import timedelta

from shared.lookback import DUE_MARGIN_SECONDS, FOREVER, FULL_SECONDS, ID_MARGIN, WIDE_ID_MARGIN, Lookback, Reach


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_first_look_and_one_in_ten_seconds_see_everything() -> None:
    clock = Clock()
    lookback = Lookback(clock)
    assert lookback.reach() == Reach(0, FOREVER)
    lookback.saw([90_000, 90_001])
    clock.now += 0.5
    assert lookback.reach() == Reach(90_000 - ID_MARGIN, timedelta(seconds=0.5 + DUE_MARGIN_SECONDS))
    clock.now += FULL_SECONDS
    assert lookback.reach() == Reach(0, FOREVER)


def test_one_look_a_second_reaches_further_back() -> None:
    clock = Clock()
    lookback = Lookback(clock)
    lookback.reach()
    lookback.saw([90_000])
    clock.now += 1
    assert [lookback.reach().first_id for _ in range(2)] == [90_000 - WIDE_ID_MARGIN, 90_000 - ID_MARGIN]
    lookback.saw([100_000])
    clock.now += 1
    assert lookback.reach().first_id == 100_000 - WIDE_ID_MARGIN


def test_what_fell_due_is_looked_for_five_times_a_second_or_when_known_of() -> None:
    clock = Clock()
    lookback = Lookback(clock)
    lookback.reach()
    clock.now += 0.125
    assert lookback.reach().due_within == timedelta(0)
    assert lookback.reach(something_is_due=True).due_within == timedelta(seconds=0.125 + DUE_MARGIN_SECONDS)
    clock.now += 0.25
    assert lookback.reach().due_within == timedelta(seconds=0.25 + DUE_MARGIN_SECONDS)


def test_a_look_that_found_nothing_moves_nothing() -> None:
    lookback = Lookback(Clock())
    lookback.reach()
    lookback.saw([90_000])
    lookback.saw([])
    lookback.saw([70_000])
    assert lookback.reach().first_id == 90_000 - ID_MARGIN


def test_after_forgetting_everything_is_seen_again() -> None:
    lookback = Lookback(Clock())
    lookback.reach()
    lookback.saw([90_000])
    lookback.forget()
    assert lookback.reach() == Reach(0, FOREVER)
