"""Times that are taken in, and those of an older version that only must not break anything."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.database import close_pool, open_pool
from shared.values import times
from shared.values.times import EARLIEST, LATEST

ZONES = [
    "UTC",
    "Europe/Berlin",
    "Pacific/Kiritimati",
    "America/New_York",
    "Pacific/Pago_Pago",
    "Etc/GMT+5",
    "Mars/Base",
]


@pytest.mark.parametrize("text", ["1970-01-01T00:00:00Z", "2199-12-31T23:59:59.999999Z", "2199-12-31T12:00:00-08:00"])
def test_a_time_of_the_years_1970_to_2199_is_taken(text: str) -> None:
    assert times.instant(text) == datetime.fromisoformat(text)


@pytest.mark.parametrize(
    "text",
    [
        *("1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "2200-01-01T00:00:00Z", "2199-12-31T23:59:59-00:01"),
        *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"),
    ],
)
def test_a_time_of_another_year_is_refused_and_told_why(text: str) -> None:
    with pytest.raises(ValueError, match="between the years 1970 and 2199"):
        times.instant(text)


@pytest.mark.parametrize("value", ["2027-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "2027-07-14T18:00:00", "", 7, None])
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="with its offset"):
        times.instant(value)


@given(st.sampled_from(ZONES), st.datetimes(timezones=st.just(UTC)) | st.sampled_from([EARLIEST, LATEST]))
def test_any_time_can_be_told_in_the_zone_that_is_given_for_it(zone: str, at: datetime) -> None:
    assert at.astimezone(times.zone_for(zone, at)) == at


@given(st.datetimes(timezones=st.just(UTC)) | st.sampled_from([EARLIEST, LATEST]))
def test_a_time_comes_back_from_postgres_as_it_went(at: datetime) -> None:
    assert times.from_postgres(times.to_postgres(at)) == at


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        *(("infinity", LATEST), ("-infinity", EARLIEST), ("0044-03-15 BC", EARLIEST), ("12000-01-01", LATEST)),
        ("0001-01-01T00:00:00Z", EARLIEST),
        ("9999-12-31T23:59:59Z", LATEST.replace(microsecond=0)),
        ("2027-07-14T20:00:00.123456+02:00", datetime(2027, 7, 14, 18, 0, 0, 123456, UTC)),
    ],
)
async def test_whatever_time_postgres_has_can_be_read(migrated_url: str, stored: str, read: datetime) -> None:
    pool = await open_pool(migrated_url, "orders")
    try:
        assert await pool.fetchval(f"SELECT '{stored}'::timestamptz") == read
        text = await pool.fetchval(f"SELECT to_json('{stored}'::timestamptz) #>> '{{}}'")
        assert times.stored_text(text) == read
        assert await pool.fetchval("SELECT $1::timestamptz", read) == read
    finally:
        await close_pool(pool)


def test_a_sum_past_the_end_of_the_calendar_is_its_end() -> None:
    assert times.later(LATEST, timedelta(days=1)) == LATEST
