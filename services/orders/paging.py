"""Lists a page at a time: `?limit=` and `?cursor=`."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from services.orders.catalogue import Event
from shared.web import Fault, invalid

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Which page is wanted: how many, and the place (start, id) after which it begins."""

    limit: int
    after: tuple[datetime, UUID] | None


def wanted_page(query: Mapping[str, str]) -> Page:
    """Raises `Problem` that names what is wrong with either parameter."""
    limit, cursor = _limit(query.get("limit", str(DEFAULT_LIMIT))), query.get("cursor")
    after = _place(cursor) if cursor else None
    faults = []
    if limit is None:
        faults.append(Fault("/limit", f"Give a number from 1 to {MAX_LIMIT}."))
    if cursor and after is None:
        faults.append(Fault("/cursor", "Give the `next` of an earlier page, unchanged."))
    if limit is None or faults:
        raise invalid(faults)
    return Page(limit, after)


def cursor_after(last: Event) -> str:
    """Opaque to clients: the last event's place in the list."""
    return urlsafe_b64encode(f"{last.starts_at.isoformat()} {last.id}".encode()).decode()


def _limit(text: str) -> int | None:
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    return limit if 1 <= limit <= MAX_LIMIT else None


def _place(cursor: str) -> tuple[datetime, UUID] | None:
    try:
        start, identity = urlsafe_b64decode(cursor.encode("ascii")).decode().split(" ")
        return datetime.fromisoformat(start).astimezone(UTC), UUID(identity)
    except (ValueError, OverflowError):
        return None
