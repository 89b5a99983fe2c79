"""Messages leave with the change they report, or not at all.

`add` writes them in the caller's transaction; a `Relay` publishes what was committed and removes it
once the broker has confirmed it. What no bus can take `add` refuses, and with it the change. The transaction
that adds never notifies: `Relay.wake` is called after the commit, and a poll is the truth behind it.

How a row fares when its publish fails:

    BusUnavailable   stays ready; the relay tries one row after 0.1–1 s until the broker takes it
    Unroutable       parked 1, 2, 4 … up to 30 s; later messages about the same subject wait behind it
    Refused          parked likewise
    Unsendable       parked likewise, but nothing waits behind it: it would wait for ever (an older version wrote it)
    relay killed     taken over by another, or after its restart, when the lease of 10 s is over
"""

from shared.outbox.relay import Relay
from shared.outbox.rows import Backlog, add, add_unless_owed, parked_for

__all__ = ["Backlog", "Relay", "add", "add_unless_owed", "parked_for"]
