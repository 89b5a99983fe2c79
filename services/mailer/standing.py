"""Whether the mail server serves us at all: what it says against this installation, and who tries meanwhile.

While it refuses us, one mail at a time finds out whether it still does, every 30 s; the others wait without asking.
What it said of everyone (at login, at MAIL FROM) holds for all; what it said at one recipient may be that domain's
doing, and holds for mails to that domain alone.
"""

import time
from collections.abc import Callable

import structlog

from services.mailer.outcomes import Misconfigured, Outcome, Sent

log = structlog.get_logger()

PAUSE_SECONDS = 30.0
# The same reason is logged again after so long, if mails go in between.
LOG_AGAIN_SECONDS = 600.0
MOST_DOMAINS = 1000
_EVERYONE = ""


class Standing:
    """One a process. `on_change` is told whether there is trouble whenever that changes."""

    def __init__(
        self,
        on_change: Callable[[bool], None] = lambda _: None,
        pause_seconds: float = PAUSE_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.trouble: str | None = None
        self._on_change = on_change
        self._pause_seconds = pause_seconds
        self._now = now
        self._refusals: dict[str, tuple[float, Misconfigured]] = {}
        self._logged: tuple[str, float] = ("", float("-inf"))
        self._told = False

    def pause(self, domain: str) -> Misconfigured | None:
        """What a mail to this domain would be told, if it need not ask; None for the one that is to find out."""
        now = self._now()
        for scope in (_EVERYONE, domain):
            if refusal := self._refusals.get(scope):
                until, said = refusal
                if now < until:
                    return said
                self._refusals[scope] = (now + self._pause_seconds, said)
        return None

    def saw(self, outcome: Outcome, domain: str) -> None:
        """Learn from what the server said to a mail for this domain."""
        if isinstance(outcome, Misconfigured):
            self._refused(outcome, _EVERYONE if outcome.everyone else domain)
        elif isinstance(outcome, Sent):
            self._served(domain)

    def _refused(self, said: Misconfigured, scope: str) -> None:
        if len(self._refusals) >= MOST_DOMAINS:
            self._refusals.clear()
        now = self._now()
        self._refusals[scope] = (now + self._pause_seconds, said)
        if said.trouble != self._logged[0] or now >= self._logged[1] + LOG_AGAIN_SECONDS:
            self._logged, self._told = (said.trouble, now), True
            log.error("mail.misconfigured", reason=said.trouble)
        if self.trouble is None:
            self._on_change(True)
        self.trouble = said.trouble

    def _served(self, domain: str) -> None:
        self._refusals.pop(_EVERYONE, None)
        self._refusals.pop(domain, None)
        if self.trouble is None:
            return
        self.trouble = None
        self._on_change(False)
        if self._told:
            self._told = False
            log.info("mail.configured-again")
