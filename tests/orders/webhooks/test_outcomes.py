"""What follows from an attempt, as a table."""

from datetime import timedelta

import pytest

from services.orders.webhooks.outcomes import (
    Again,
    Answered,
    Delivered,
    GivenUp,
    Outcome,
    Step,
    Unanswered,
    after,
    explained,
    is_hopeless,
)
from services.orders.webhooks.schedule import WAITS

MINUTE = timedelta(minutes=1)
FIVE = timedelta(seconds=5)
LAST = len(WAITS) + 1


@pytest.mark.parametrize(
    ("outcome", "attempt", "step"),
    [
        (Answered(200), 1, Delivered()),
        (Answered(204), LAST, Delivered()),
        (Answered(200, MINUTE), 1, Delivered()),
        (Answered(301), 1, Again(FIVE)),
        (Answered(404), 1, Again(FIVE)),
        (Answered(500), 1, Again(FIVE)),
        (Answered(500, MINUTE), 1, Again(MINUTE * 1.1)),
        (Answered(429, MINUTE), 1, Again(MINUTE * 1.1, pause=True)),
        (Answered(503, MINUTE), 1, Again(MINUTE * 1.1, pause=True)),
        (Answered(503), 1, Again(FIVE)),
        (Unanswered("no"), 1, Again(FIVE)),
        (Unanswered("no"), LAST, GivenUp()),
        (Answered(500), LAST, GivenUp()),
        (Answered(429, MINUTE), LAST, GivenUp()),
        (Answered(410), 1, GivenUp(gone=True)),
        (Answered(410), LAST, GivenUp(gone=True)),
    ],
)
def test_what_follows_from_an_attempt(outcome: Outcome, attempt: int, step: Step) -> None:
    assert after(outcome, attempt, 0.5) == step


def test_what_needs_a_person_is_explained() -> None:
    assert "redirect" in explained(Answered(302))
    assert "disabled" in explained(Answered(410))
    assert explained(Unanswered("No answer.")) == "No answer."
    assert explained(Answered(200)) == explained(Answered(500)) == ""


@pytest.mark.parametrize(
    ("failures", "days", "hopeless"),
    [(20, 5, True), (500, 6, True), (19, 30, False), (500, 4.9, False), (1, 0, False)],
)
def test_an_endpoint_is_hopeless_after_days_of_many_failures(failures: int, days: float, hopeless: bool) -> None:
    assert is_hopeless(failures, timedelta(days=days)) is hopeless
