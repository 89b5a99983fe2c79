"""What a ticket says in the buyer's language: labels, dates, times, money.

Dates, times and money follow the order's locale as CLDR has it; labels fall back from it to its
language and then to English.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_time, get_timezone_name

from services.tickets.languages import WORDS, Words
from shared import money
from shared.languages import FALLBACK, RIGHT_TO_LEFT, language_of
from shared.messages import Money
from shared.values.times import zone_for

OVERNIGHT = timedelta(hours=18)
"""An event shorter than this that ends on the next day still counts as one evening."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A locale's words and forms. `tag` is its BCP 47 name, for the document's language."""

    locale: Locale
    words: Words
    tag: str
    right_to_left: bool

    def date(self, instant: datetime, zone: str) -> str:
        return _long_date(instant.astimezone(zone_for(zone, instant)).date(), self.locale)

    def days(self, start: datetime, end: datetime | None, zone: str) -> str:
        """The day, or the first and last of several, in the event's zone."""
        there = zone_for(zone, start, end)
        first = start.astimezone(there)
        if _is_one_day(first, end):
            return str(format_date(first, "full", self.locale))
        return str(format_interval(first, end, "yMMMEd", there, locale=self.locale))

    def hours(self, start: datetime, end: datetime | None, zone: str) -> str:
        """When it begins, when it ends if that is on the same day, and the name of the zone."""
        first = start.astimezone(zone_for(zone, start, end))
        hours = format_time(first, "short", locale=self.locale)
        if end and _is_one_day(first, end):
            hours += " – " + format_time(end.astimezone(first.tzinfo), "short", locale=self.locale)
        return f"{hours} · {get_timezone_name(first, locale=self.locale)}"

    def money(self, price: Money) -> str:
        if price.amount == 0:
            return self.words.free
        return _price(price.amount, price.currency, self.locale)


@lru_cache(256)
def wording(tag: str) -> Wording:
    """The wording for a BCP 47 tag; English for one that nobody knows."""
    locale = _locale(tag) or Locale(FALLBACK)
    language = language_of(locale.language)
    return Wording(locale, WORDS[language], str(locale).replace("_", "-"), language in RIGHT_TO_LEFT)


@lru_cache(1024)
def _long_date(day: date, locale: Locale) -> str:
    return str(format_date(day, "long", locale))


@lru_cache(1024)
def _price(amount: int, currency: str, locale: Locale) -> str:
    return money.in_words(amount, currency, locale)


def _locale(tag: str) -> Locale | None:
    """CLDR's locale nearest to the tag: `de-CH-1996` is `de-CH`, `de-XX` is `de`."""
    parts = tag.replace("_", "-").split("-")
    for end in range(len(parts), 0, -1):
        try:
            return Locale.parse("-".join(parts[:end]), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None


def _is_one_day(first: datetime, end: datetime | None) -> bool:
    if end is None:
        return True
    return first.date() == end.astimezone(first.tzinfo).date() or end - first < OVERNIGHT
