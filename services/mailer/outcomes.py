"""What can become of one attempt to send a mail, and what follows from it. Rules only: no I/O.

Sent           the server has taken the mail
Refused        a final no (5xx)
Deferred       a no for now (4xx)
LineBroken     the line broke or the server went silent; after DATA it may have the mail
Unreachable    no server to talk to: not this mail's doing, and no attempt
Misconfigured  refused for what we are (name, sender, quota, login), until a person acts: no attempt
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from services.mailer import schedule
from services.mailer.refusals import Stage, judge

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")

Status = Literal["sent", "bounced", "failed"]


@dataclass(frozen=True, slots=True)
class Sent:
    pass


@dataclass(frozen=True, slots=True)
class Refused:
    """`text` is the server's words; `stage` the command they answered."""

    stage: Stage
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Deferred:
    stage: Stage
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class LineBroken:
    stage: Stage
    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    reason: str


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """`trouble` is what a person must see to, fit for a log; `reason` has the server's words, which may name people.

    `everyone`: no mail at all can go; otherwise it was said of one recipient, and may be that domain's doing.
    """

    reason: str
    trouble: str = ""
    everyone: bool = True


Outcome = Sent | Refused | Deferred | LineBroken | Unreachable | Misconfigured


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a mail was tried: `attempts` count against its schedule, `postponed` do not.

    `postponed` is since the last attempt.
    """

    attempts: int = 0
    postponed: int = 0


@dataclass(frozen=True, slots=True)
class Settle:
    """The end of it. `reason` is None for a mail that went."""

    status: Status
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after `wait`. `counts`: an attempt was used up; `doubtful`: the mail may have gone already."""

    wait: timedelta
    reason: str
    counts: bool
    doubtful: bool = False


def after(outcome: Outcome, tries: Tries, chance: float) -> Settle | Wait:
    """What follows from an attempt's outcome. `tries` is how it stood before; `chance` in [0, 1) is the jitter's."""
    match outcome:
        case Sent():
            return Settle("sent")
        case Refused(_, code, text):
            fault = judge(outcome.stage, code, text).fault
            return Settle("bounced" if fault == "recipient" else "failed", _words(code, text))
        case Deferred(_, code, text):
            wait = schedule.after_deferral(tries.attempts + 1, chance)
            return _wait_or_give_up(wait, _words(code, text), tries, doubtful=False)
        case LineBroken(stage, reason):
            wait = schedule.after_broken_line(tries.attempts + 1, chance)
            return _wait_or_give_up(wait, reason, tries, doubtful=stage == "data")
        case Unreachable(reason):
            return Wait(schedule.while_unreachable(tries.postponed + 1, chance), reason, counts=False)
        case Misconfigured(reason=reason):
            return Wait(schedule.while_misconfigured(tries.postponed + 1, chance), reason, counts=False)


def readable(text: str) -> str:
    """A server's words as one line that any database and any JSON takes."""
    return _UNPRINTABLE.sub(" ", text)[:500].strip()


def _wait_or_give_up(wait: timedelta | None, reason: str, tries: Tries, *, doubtful: bool) -> Settle | Wait:
    if wait is None:
        return Settle("failed", f"given up after {tries.attempts + 1} attempts; the last: {reason}")
    return Wait(wait, reason, counts=True, doubtful=doubtful)


def _words(code: int, text: str) -> str:
    return f"{code} {text}".strip()
