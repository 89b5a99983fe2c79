"""Attendees as CSV (RFC 4180) that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

COLUMNS = ("confirmation_number", "ticket", "ticket_type", "attendee", "buyer_name", "buyer_email", "placed_at")
# What makes spreadsheets calculate, and the wide forms that East Asian editions take for the same.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Attendee:
    """A place sold, and who bought it."""

    order_id: UUID
    ticket: UUID
    number: str
    ticket_type: str
    name: str
    buyer_name: str
    buyer_email: str
    placed_at: datetime


def header() -> bytes:
    return _lines([COLUMNS])


def rows(attendees: Iterable[Attendee]) -> bytes:
    return _lines(_cells(attendee) for attendee in attendees)


def plain(text: str) -> str:
    """With an apostrophe before it when a spreadsheet would calculate it: they show the rest as it is."""
    return f"'{text}" if text.lstrip(" \u00a0\u3000'").startswith(_FORMULAS) else text


def _cells(one: Attendee) -> Sequence[str]:
    said = (one.ticket_type, one.name, one.buyer_name, one.buyer_email)
    return (one.number, str(one.ticket), *map(plain, said), f"{one.placed_at:%Y-%m-%dT%H:%M:%SZ}")


def _lines(cells: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(cells)
    return text.getvalue().encode()
