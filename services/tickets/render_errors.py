"""Why an order was not drawn::

RenderError
├── RenderFailed              it can't be: it raised, or two processes in a row died of it
└── RenderPostponed           not now, and no fault of the order that is known
    ├── WorkersUnavailable    no process can be started, none came free in time, or the pool is closed
    ├── RenderTooSlow         it was not ready at its deadline; the next try has more time
    └── LargeOrdersWaiting    as many large orders as may wait are waiting
"""

from datetime import timedelta


class RenderError(Exception):
    """The order was not drawn."""


class RenderFailed(RenderError):
    """No use trying again."""


class RenderPostponed(RenderError):
    """Worth trying `after` a while; None leaves that to the retry policy."""

    def __init__(self, reason: str, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.after = after


class WorkersUnavailable(RenderPostponed):
    """Nothing could be tried."""


class RenderTooSlow(RenderPostponed):
    """Its process was killed at the deadline: a large order, a busy machine, or one that hangs."""


class LargeOrdersWaiting(RenderPostponed):
    """Nothing was tried: small orders need the room."""
