"""What can become of one attempt to send a mail, and what follows from it. Rules only: no I/O.

Sent           the server has taken the mail
Refused        a final no (5xx)
Deferred       a no for now (4xx)
LineBroken     the line broke or the server went silent; after DATA it may have the mail
Unreachable    no server to talk to: not this mail's doing, and no attempt
Misconfigured  no mail at all can go until a person acts (login refused, no TLS): no attempt
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from services.mailer import schedule

# What an address can be at fault for (RFC 3463 sections 3.2 and 3.3, RFC 6531): unknown mailbox or domain, bad syntax,
# moved, a domain that takes no mail; a mailbox that is disabled or full; letters no server on the way can carry.
BAD_ADDRESS = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.2.2", "5.6.7"})
# Codes that without an enhanced one mean the recipient, when they answer RCPT (RFC 5321 section 4.2.2).
NO_SUCH_MAILBOX = frozenset({550, 551, 553})
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")

Stage = Literal["mail", "rcpt", "data"]
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
    reason: str


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
            return Settle("bounced" if blames_address(outcome) else "failed", _words(code, text))
        case Deferred(_, code, text):
            wait = schedule.after_deferral(tries.attempts + 1, chance)
            return _wait_or_give_up(wait, _words(code, text), tries, doubtful=False)
        case LineBroken(stage, reason):
            wait = schedule.after_broken_line(tries.attempts + 1, chance)
            return _wait_or_give_up(wait, reason, tries, doubtful=stage == "data")
        case Unreachable(reason):
            return Wait(schedule.while_unreachable(tries.postponed + 1, chance), reason, counts=False)
        case Misconfigured(reason):
            return Wait(schedule.while_misconfigured(tries.postponed + 1, chance), reason, counts=False)


def blames_address(refusal: Refused) -> bool:
    """Whether the buyer must be told that the address does not take mail, rather than us to look.

    >>> blames_address(Refused("rcpt", 550, "5.1.1 <nobody@example.org>: user unknown"))
    True
    >>> blames_address(Refused("rcpt", 554, "5.7.1 rejected by policy"))
    False
    """
    if found := _ENHANCED.search(refusal.text):
        return found[1] in BAD_ADDRESS
    return refusal.stage == "rcpt" and refusal.code in NO_SUCH_MAILBOX


def readable(text: str) -> str:
    """A server's words as one line that any database and any JSON takes."""
    return _UNPRINTABLE.sub(" ", text)[:500].strip()


def _wait_or_give_up(wait: timedelta | None, reason: str, tries: Tries, *, doubtful: bool) -> Settle | Wait:
    if wait is None:
        return Settle("failed", f"given up after {tries.attempts + 1} attempts; the last: {reason}")
    return Wait(wait, reason, counts=True, doubtful=doubtful)


def _words(code: int, text: str) -> str:
    return f"{code} {text}".strip()
