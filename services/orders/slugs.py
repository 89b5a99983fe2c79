"""Slugs: what stands in addresses in place of an id, made from a name where none is given."""

import re
import secrets
import unicodedata
from collections.abc import Iterator

MAX_SLUG = 100
# Room for what makes it unique.
LONGEST_STEM = 80
NUMBERED = 10

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# What may name an event or ticket type in an address at all.
REFERENCE = re.compile(r"[A-Za-z0-9-]{1,100}")
IDENTITY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def slug_of(name: str, otherwise: str) -> str:
    """Letters and digits of the name without their accents; `otherwise` for a name that has none of ours."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_STEM].strip("-")
    return stem if stem and not IDENTITY.fullmatch(stem) else otherwise


def candidates(stem: str) -> Iterator[str]:
    """The stem, then with numbers, then with random digits, for ever."""
    yield stem
    for number in range(2, NUMBERED):
        yield f"{stem}-{number}"
    while True:
        yield f"{stem}-{secrets.token_hex(4)}"
