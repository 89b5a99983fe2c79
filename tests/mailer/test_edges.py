"""A mail about an event at the ends of the calendar is written, in every language."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from shared.languages import LANGUAGES
from shared.messages import EventDetails, OrderCancelled, TicketsIssued
from shared.values.times import EARLIEST, LATEST
from tests.mailer.building import an_event, order_cancelled, tickets_issued
from tests.mailer.test_composing import composed, text_of

SPANS = [
    *((EARLIEST, None), (LATEST, None), (EARLIEST, LATEST)),
    (LATEST - timedelta(hours=30), LATEST - timedelta(hours=3)),
]


def at_the_edges() -> list[EventDetails]:
    zones = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin")
    return [replace(an_event(timezone=zone), starts_at=start, ends_at=end) for zone in zones for start, end in SPANS]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_about_an_event_at_the_ends_of_the_calendar_is_written(language: str) -> None:
    for event in at_the_edges():
        facts: list[TicketsIssued | OrderCancelled] = [
            tickets_issued(event=event, locale=language),
            order_cancelled(event=event, locale=language),
        ]
        for fact in facts:
            assert "Night Music" in text_of(composed(fact))
