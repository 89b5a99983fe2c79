"""Who reads a page: in which language, and how links keep it.

`?lang=` in the address, else the browser's `Accept-Language`. Without a cookie: a choice travels in the links.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlencode

from aiohttp import web
from babel import Locale

from shared.languages import FALLBACK, LANGUAGES, direction_of

LONGEST_HEADER = 200


@dataclass(frozen=True, slots=True)
class Reader:
    """`language` is one of `LANGUAGES`; `chosen` when the address says so, which links then keep saying."""

    language: str
    chosen: bool = False

    @property
    def direction(self) -> str:
        return direction_of(self.language)

    @property
    def locale(self) -> Locale:
        """By language alone, so that a cache keeps seven of a page and not one for every region."""
        return _locale(self.language)

    def link(self, path: str, **query: str) -> str:
        """`path`, as it reads, in this reader's language: as it stands in a link or a header.

        >>> Reader("en").link("/orders/7K2MX-Q4P9D"), Reader("en").link("/orders/\\r\\nX")
        ('/orders/7K2MX-Q4P9D', '/orders/%0D%0AX')
        """
        path = quote(path, errors="replace")
        wanted = query | ({"lang": self.language} if self.chosen else {})
        return f"{path}?{urlencode(wanted)}" if wanted else path


def reader_of(request: web.Request) -> Reader:
    chosen = request.query.get("lang", "").lower()
    if chosen in LANGUAGES:
        return Reader(chosen, chosen=True)
    return Reader(accepted_language(request.headers.get("Accept-Language", "")))


@lru_cache(maxsize=500)
def accepted_language(header: str) -> str:
    """The best of ours by RFC 9110, section 12.5.4.

    >>> accepted_language("tlh, de-AT;q=0.8, en;q=0.5"), accepted_language("*"), accepted_language("fr;q=0")
    ('de', 'en', 'en')
    """
    ranked = sorted(_weighted(header[:LONGEST_HEADER]), key=lambda pair: -pair[1])
    return next((language for language, weight in ranked if weight > 0 and language in LANGUAGES), FALLBACK)


def _weighted(header: str) -> Iterator[tuple[str, float]]:
    for part in header.split(","):
        tag, _, weight = part.partition(";")
        language = tag.strip().partition("-")[0].lower()
        try:
            yield language, float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue


@lru_cache(maxsize=len(LANGUAGES))
def _locale(language: str) -> Locale:
    return Locale(language)
