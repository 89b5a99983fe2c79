"""Cancelling an order: by whom, and until when."""

from datetime import datetime
from typing import Literal

from services.orders.catalogue import Event

By = Literal["buyer", "organiser"]


def too_late(event: Event, by: By, now: datetime) -> str | None:
    """Why it can't be cancelled any more, as a sentence, or None.

    Buyers can until the event begins: from then on a ticket may have been used. Its organiser always can.
    """
    if by == "organiser" or now < event.starts_at:
        return None
    return (
        f"“{event.name}” began at {event.starts_at:%Y-%m-%dT%H:%M:%SZ}, and its tickets could be cancelled until then."
    )
