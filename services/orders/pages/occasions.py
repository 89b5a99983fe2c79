"""When an event is, as people read it: in the event's zone and the reader's language."""

from dataclasses import dataclass
from datetime import datetime

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_datetime_format, get_timezone_gmt
from babel.dates import get_timezone_location as city_of

from services.orders.catalogue import Event
from services.orders.pages.readers import Reader
from services.orders.pages.wording.events import WORDS
from shared.values.times import zone_for


@dataclass(frozen=True, slots=True)
class Occasion:
    """Whole phrases; an event over days has its end in `date`. `day` and `month` are for a calendar leaf."""

    date: str
    time: str
    zone: str
    day: str
    month: str
    machine: str


def occasion(event: Event, reader: Reader) -> Occasion:
    locale, zone = reader.locale, zone_for(event.timezone, event.starts_at, event.ends_at)
    start = event.starts_at.astimezone(zone)
    end = event.ends_at.astimezone(zone) if event.ends_at else None
    until = WORDS[reader.language].until
    date, time = format_date(start, "full", locale), format_time(start, "short", locale=locale)
    if end and end.date() == start.date():
        time = until.format(start=time, end=format_time(end, "short", locale=locale))
    elif end:
        date = until.format(start=date, end=format_date(end, "full", locale))
    month = format_skeleton("MMM", start, locale=locale)
    return Occasion(date, time, _zone_name(start, reader), str(start.day), month, start.isoformat())


def moment(at: datetime, event: Event, reader: Reader) -> str:
    """A date with its time, like the start of a sale."""
    there, locale = at.astimezone(zone_for(event.timezone, at)), reader.locale
    joined = str(get_datetime_format("medium", locale))
    date, time = format_date(there, "long", locale), format_time(there, "short", locale=locale)
    return joined.replace("{1}", date).replace("{0}", time)


def _zone_name(at: datetime, reader: Reader) -> str:
    """By the zone's city, which everyone understands, or as `UTC` or `GMT+02:00` where there is none."""
    zone, locale = str(at.tzinfo), reader.locale
    if zone == "UTC":
        return zone
    if "/" not in zone or zone.startswith("Etc/"):
        return _offset(at, locale)
    return WORDS[reader.language].zone.format(city=city_of(at.tzinfo, locale, return_city=True))


def _offset(at: datetime, locale: Locale) -> str:
    return str(get_timezone_gmt(at, "long", locale))
