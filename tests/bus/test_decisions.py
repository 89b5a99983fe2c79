"""Verdict, attempt and policy make a settlement; attempt makes a wait. No broker."""

from datetime import timedelta

import pytest

from shared.bus import Done, Later, Never, RetryPolicy, Verdict
from shared.bus.amqp.topology import BUCKETS, retry_queue
from shared.bus.backoff import waits
from shared.bus.consuming import Bury, Finish, Retry, Settlement, decide, wait_after

S = timedelta(seconds=1)
POLICY = RetryPolicy()


@pytest.mark.parametrize(
    ("verdict", "attempt", "expected"),
    [
        (Done(), 1, Finish()),
        (Done(), 6, Finish()),
        (Never("bad"), 1, Bury("bad", 1)),
        (Never("bad"), 4, Bury("bad", 4)),
        (Later("away"), 1, Retry(1 * S, 1)),
        (Later("away"), 5, Retry(600 * S, 5)),
        (Later("away"), 6, Bury("gave up at attempt 6: away", 6)),
        (Later("away", 7 * S), 2, Retry(7 * S, 2)),
        (Later("away", 7 * S), 6, Bury("gave up at attempt 6: away", 6)),
        (Later("away", counts=False), 1, Retry(1 * S, 0)),
        (Later("away", counts=False), 6, Retry(600 * S, 5)),
        (Later("away", 7 * S, counts=False), 6, Retry(7 * S, 5)),
        (Later("away", timedelta(0)), 1, Retry(timedelta(0), 1)),
    ],
)
def test_what_a_verdict_means(verdict: Verdict, attempt: int, expected: Settlement) -> None:
    assert decide(verdict, attempt, POLICY, roll=0.5) == expected


@pytest.mark.parametrize(
    ("attempt", "shortest", "nominal", "longest"),
    [(1, 0.8, 1, 1.2), (2, 4, 5, 6), (3, 24, 30, 36), (4, 96, 120, 144), (5, 480, 600, 720), (6, 480, 600, 720)],
)
def test_the_schedule(attempt: int, shortest: float, nominal: float, longest: float) -> None:
    found = [wait_after(attempt, POLICY, roll).total_seconds() for roll in (0.0, 0.5, 1.0)]
    assert found == pytest.approx([shortest, nominal, longest])


def test_a_policy_without_waits_makes_one_attempt_and_still_knows_a_wait() -> None:
    policy = RetryPolicy(waits=())
    assert policy.max_attempts == 1
    assert decide(Later("away"), 1, policy, 0.5) == Bury("gave up at attempt 1: away", 1)
    assert decide(Later("away", counts=False), 1, policy, 0.5) == Retry(1 * S, 0)


def test_waits_for_a_broker_double_up_to_a_limit_with_jitter() -> None:
    def first_six(roll: float) -> list[float]:
        endless = waits(0.1, 1.0, lambda: roll)
        return [next(endless) for _ in range(6)]

    assert first_six(1.0) == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])
    assert first_six(0.0) == pytest.approx([0.05, 0.1, 0.2, 0.4, 0.5, 0.5])


@pytest.mark.parametrize(
    ("seconds", "name"),
    [
        (0, "100ms"),
        (0.1, "100ms"),
        (1, "1s"),
        (1.2, "1s"),
        (2, "5s"),
        (24, "30s"),
        (36, "30s"),
        (144, "2m"),
        (480, "10m"),
        (720, "10m"),
        (3600, "1h"),
        (86_400, "1d"),
        (1_000_000, "1d"),
    ],
)
def test_like_waits_share_a_retry_queue(seconds: float, name: str) -> None:
    assert retry_queue("tickets.order-placed", timedelta(seconds=seconds)) == f"tickets.order-placed.retry-{name}"


def test_retry_queues_are_listed_by_length() -> None:
    assert [limit for limit, _ in BUCKETS] == sorted(limit for limit, _ in BUCKETS)
