"""Feature flags: what is in the code and not yet for everyone, switched while it runs.

    flags = await open_flags(settings, "orders", parts, background)
    ...
    asked = await flags.of(request)
    if asked.on(RESEND_BY_BUYER, about(key=order.number, event=event.id)):

The OpenFeature API over Postgres. An evaluation does no I/O; every process follows a change within a second
and keeps what it knew while the database is away. A request, or a message, asks one snapshot: what it is
told at its start holds to its end. Every flag that the code reads is declared in `shared/flags/declared.py`.
"""

from shared.flags.asking import Flags, Snapshot, Verdict, Whose, about
from shared.flags.opening import open_flags

__all__ = ["Flags", "Snapshot", "Verdict", "Whose", "about", "open_flags"]
