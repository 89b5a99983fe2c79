"""When and where an event is, as people read it: in the event's zone and the reader's language."""

from dataclasses import dataclass
from datetime import datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_gmt, get_timezone_location

from services.mailer.wording.orders import WORDS
from shared.languages import language_of
from shared.messages import EventDetails
from shared.values.times import zone_for


@dataclass(frozen=True, slots=True)
class Occasion:
    """Whole phrases: an event over days has its end in `date`; `zone` is like `Berlin time`."""

    date: str
    time: str
    zone: str


def occasion(event: EventDetails, tag: str) -> Occasion:
    """The event's times for a reader of the BCP 47 language `tag`; about 0.3 ms the first time."""
    locale = reading_locale(tag)
    zone = zone_for(event.timezone, event.starts_at, event.ends_at)
    start = event.starts_at.astimezone(zone)
    end = event.ends_at.astimezone(zone) if event.ends_at else None
    until = WORDS[language_of(tag)].until
    date = format_date(start, "full", locale)
    time = format_time(start, "short", locale=locale)
    if end and end.date() == start.date():
        time = until.format(start=time, end=format_time(end, "short", locale=locale))
    elif end:
        date = until.format(start=date, end=format_date(end, "full", locale))
    return Occasion(date, time, _zone_name(start, locale))


def reading_locale(tag: str) -> Locale:
    """Babel's locale for a tag: with its region where we have the language, so that `en-GB` gets its own dates."""
    language = language_of(tag)
    try:
        found = Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale(language)
    return found if found.language == language else Locale(language)


def _zone_name(at: datetime, locale: Locale) -> str:
    """By the zone's city, which everyone understands, or as `UTC` or `GMT+02:00` where there is none."""
    zone = str(at.tzinfo)
    if zone == "UTC":
        return zone
    if "/" not in zone or zone.startswith("Etc/"):
        return get_timezone_gmt(at, "long", locale)
    city = get_timezone_location(at.tzinfo, locale, return_city=True)
    return WORDS[locale.language].zone.format(city=city)
