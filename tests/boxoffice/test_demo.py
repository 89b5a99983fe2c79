"""What the first start puts on sale: something of everything that gives software trouble."""

import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import asyncpg

from boxoffice.demo import EVENT, TICKET_TYPE, demo_events, seed

NOW = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)


def test_every_event_is_ahead_and_in_the_evening_or_by_day_where_it_is() -> None:
    for event in demo_events(2027):
        assert event.starts_at > NOW
        assert event.ends_at
        assert event.ends_at > event.starts_at
        assert 8 <= event.starts_at.astimezone(ZoneInfo(event.timezone)).hour <= 21


def test_zones_currencies_and_scripts_differ() -> None:
    events = demo_events(2027)
    assert len({event.timezone for event in events}) == len(events)
    assert len({kind.currency for event in events for kind in event.ticket_types}) == len(events)
    scripts = {unicodedata.name(letter).split()[0] for event in events for letter in event.name if letter.isalpha()}
    assert {"LATIN", "ARABIC", "DEVANAGARI", "CJK", "HIRAGANA", "KATAKANA"} <= scripts


def test_one_ticket_type_has_a_hundred_thousand_places() -> None:
    assert 100_000 in {kind.capacity for event in demo_events(2027) for kind in event.ticket_types}


def test_the_api_s_example_can_be_bought() -> None:
    (event,) = (event for event in demo_events(2027) if event.slug == EVENT == "europython-2027")
    (kind,) = (kind for kind in event.ticket_types if kind.slug == TICKET_TYPE == "general")
    assert (kind.price, kind.currency) == (4500, "EUR")
    assert kind.max_per_order >= 2


async def test_what_is_on_sale_already_is_left_alone(migrated_url: str) -> None:
    connection = await asyncpg.connect(migrated_url, server_settings={"search_path": "orders"})
    try:
        assert await seed(connection, NOW)
        assert not await seed(connection, NOW)
        assert await connection.fetchval("SELECT count(*) FROM events") == len(demo_events(2027))
    finally:
        await connection.close()
