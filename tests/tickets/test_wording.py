"""Labels, dates and money in the buyer's language."""

from datetime import UTC, datetime

import pytest

from services.tickets.wording import wording
from shared.messages import Money

START = datetime(2027, 7, 17, 17, 30, tzinfo=UTC)
PLAIN_SPACES = str.maketrans("\u202f\u00a0\u2009", "   ")


@pytest.mark.parametrize(
    ("tag", "holder", "language"),
    [
        ("en", "Ticket holder", "en"),
        ("de-AT", "Name", "de-AT"),
        ("fr", "Titulaire", "fr"),
        ("es-419", "Titular", "es-419"),
        ("ar", "حامل التذكرة", "ar"),
        ("ja-JP", "お名前", "ja-JP"),
        ("fi", "Ticket holder", "fi"),
        ("de-XX-nonsense", "Name", "de"),
        ("../../etc/passwd", "Ticket holder", "en"),
        ("", "Ticket holder", "en"),
    ],
)
def test_labels_fall_back_to_the_language_and_then_to_english(tag: str, holder: str, language: str) -> None:
    assert (wording(tag).words.holder, wording(tag).tag) == (holder, language)


@pytest.mark.parametrize(
    ("tag", "days", "hours"),
    [
        ("en", "Saturday, July 17, 2027", "7:30 PM – 11:00 PM · Central European Summer Time"),
        ("de", "Samstag, 17. Juli 2027", "19:30 – 23:00 · Mitteleuropäische Sommerzeit"),
        ("ja", "2027年7月17日土曜日", "19:30 – 23:00 · 中央ヨーロッパ夏時間"),
    ],
)
def test_the_time_is_the_events_own(tag: str, days: str, hours: str) -> None:
    end = datetime(2027, 7, 17, 21, 0, tzinfo=UTC)
    words = wording(tag)
    assert words.days(START, end, "Europe/Zurich") == days
    assert words.hours(START, end, "Europe/Zurich").translate(PLAIN_SPACES) == hours


def test_a_night_that_ends_after_midnight_is_one_evening() -> None:
    end = datetime(2027, 7, 18, 2, 0, tzinfo=UTC)
    assert wording("de").days(START, end, "Europe/Zurich") == "Samstag, 17. Juli 2027"
    assert wording("de").hours(START, end, "Europe/Zurich").startswith("19:30 – 04:00")


def test_several_days_are_told_from_the_first_to_the_last() -> None:
    end = datetime(2027, 7, 19, 15, 0, tzinfo=UTC)
    assert wording("en").days(START, end, "Europe/Zurich").translate(PLAIN_SPACES) == "Sat, Jul 17 – Mon, Jul 19, 2027"
    assert wording("en").hours(START, end, "Europe/Zurich").translate(PLAIN_SPACES).startswith("7:30 PM ·")


@pytest.mark.parametrize(
    ("tag", "price", "text"),
    [
        ("en", Money(4500, "EUR"), "€45.00"),
        ("de", Money(123456, "EUR"), "1.234,56 €"),
        ("ja", Money(8800, "JPY"), "￥8,800"),
        ("en", Money(1250, "BHD"), "BHD 1.250"),
        ("fr", Money(0, "EUR"), "Gratuit"),
        ("en", Money(100, "XTS"), "XTS 1.00"),
    ],
)
def test_money_has_the_currencys_own_minor_unit(tag: str, price: Money, text: str) -> None:
    assert wording(tag).money(price).translate(PLAIN_SPACES) == text
