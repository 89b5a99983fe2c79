"""What can become of one attempt to deliver, and what follows from it. Rules only: no I/O.

Answered    the receiver answered; 2xx is its word that it has the message
Unanswered  no answer: not reached, not allowed, broken off, too slow
"""

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from services.orders.webhooks.schedule import wait_after

# An endpoint that has answered nothing but failures for so long, and so often, is no longer called.
PATIENCE = timedelta(days=5)
PATIENCE_FAILURES = 20
# These ask us to leave the whole endpoint alone for a while, not this one message.
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Answered:
    """`asked` is what its `Retry-After` said."""

    status: int
    asked: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """`reason` is for the organiser's log: a sentence without our inside in it."""

    reason: str


Outcome = Answered | Unanswered


@dataclass(frozen=True, slots=True)
class Delivered:
    pass


@dataclass(frozen=True, slots=True)
class Again:
    """Try again after `wait`; with `pause`, nothing at all goes to this endpoint before."""

    wait: timedelta
    pause: bool = False


@dataclass(frozen=True, slots=True)
class GivenUp:
    """This delivery has failed for good. `gone`: the receiver wants no more of any."""

    gone: bool = False


Step = Delivered | Again | GivenUp


def after(outcome: Outcome, attempt: int, chance: float) -> Step:
    """What follows from the outcome of attempt number `attempt`, from 1; `chance` in [0, 1) is the jitter's."""
    if isinstance(outcome, Answered):
        if 200 <= outcome.status < 300:
            return Delivered()
        if outcome.status == HTTPStatus.GONE:
            return GivenUp(gone=True)
    asked = outcome.asked if isinstance(outcome, Answered) else None
    wait = wait_after(attempt, chance, asked)
    if wait is None:
        return GivenUp()
    return Again(wait, pause=bool(asked) and isinstance(outcome, Answered) and outcome.status in _BUSY)


def explained(outcome: Outcome) -> str:
    """For the organiser's log."""
    match outcome:
        case Unanswered(reason):
            return reason
        case Answered(status) if 300 <= status < 400:
            return "It redirects: deliveries are not sent elsewhere. Give the address itself."
        case Answered(HTTPStatus.GONE):
            return "It says that it is gone: the webhook is disabled."
        case _:
            return ""


def is_hopeless(failures: int, failing_for: timedelta) -> bool:
    """Whether an endpoint with so many failures in a row, the first of them so long ago, is to be disabled."""
    return failures >= PATIENCE_FAILURES and failing_for >= PATIENCE
