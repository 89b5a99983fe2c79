"""Lists a page at a time: `?limit=` and `?cursor=`."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from services.orders.catalogue import Event
from shared.web import Fault, invalid

P = TypeVar("P")

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Which page is wanted: how many, the place (start, id) after which it begins, and whether without events that are
    over."""

    limit: int
    after: tuple[datetime, UUID] | None
    coming: bool = False


def wanted_page(query: Mapping[str, str]) -> Page:
    """Raises `Problem` that names what is wrong with either parameter."""
    limit, after, faults = _read(query, _place)
    if faults:
        raise invalid(faults)
    return Page(limit, after)


def cursor_after(last: Event) -> str:
    """Opaque to clients: the last event's place in the list."""
    return _opaque(f"{last.starts_at.isoformat()} {last.id}")


def read_page(query: Mapping[str, str]) -> tuple[int, UUID | None, list[Fault]]:
    """Of a list in the order of its ids: how many, past which id, and what is wrong with either parameter."""
    return _read(query, UUID)


def next_after(last: UUID) -> str:
    return _opaque(str(last))


def _read(query: Mapping[str, str], place_in: Callable[[str], P]) -> tuple[int, P | None, list[Fault]]:
    limit, after, faults = _limit(query.get("limit", str(DEFAULT_LIMIT))), None, []
    if limit is None:
        faults.append(Fault("/limit", f"Give a number from 1 to {MAX_LIMIT}."))
    if cursor := query.get("cursor"):
        try:
            after = place_in(urlsafe_b64decode(cursor.encode("ascii")).decode())
        except (ValueError, OverflowError):
            faults.append(Fault("/cursor", "Give the `next` of an earlier page, unchanged."))
    return limit or DEFAULT_LIMIT, after, faults


def _limit(text: str) -> int | None:
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    return limit if 1 <= limit <= MAX_LIMIT else None


def _place(text: str) -> tuple[datetime, UUID]:
    start, identity = text.split(" ")
    return datetime.fromisoformat(start).astimezone(UTC), UUID(identity)


def _opaque(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()
