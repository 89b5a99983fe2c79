"""The page that finds out by itself what became of something, without scripts: it leads to an address that looks.

For an order the form's key tells, which stands in no address: it is in a cookie for that address alone, with what was
typed, where that fits, for a form to go on with (docs/decisions/0090-a-page-that-finds-out.md).
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from services.orders.pages.filling import Filled, read_filled
from services.orders.pages.readers import reader_of
from services.orders.pages.site import Site
from services.orders.pages.wording import unsure
from services.orders.placing import IdempotencyKey

COOKIE = "boxoffice_unsure"
LIFETIME = timedelta(hours=1)
LOOK_SECONDS = 3
# Browsers keep 4,096 bytes of a cookie, its name and attributes included.
LONGEST_COOKIE = 3500


@dataclass(frozen=True, slots=True)
class Unsure:
    """An order that may stand: its key, and the form as it was filled."""

    key: IdempotencyKey
    filled: Filled


def page(site: Site, request: web.Request, look: str, path: str) -> web.Response:
    """Leads to `look` in a moment. `path` is where the page can be read in another language."""
    words = unsure.WORDS[reader_of(request).language]
    told = {"words": words, "look": look, "seconds": LOOK_SECONDS}
    response = site.private(request, "unsure.html.j2", status=503, path=path, **told)
    response.headers["Retry-After"] = str(LOOK_SECONDS)
    return response


def remember(response: web.Response, path: str, order: Unsure, *, secure: bool) -> None:
    """In this browser, for the address `path` alone."""
    key = [order.key.key.hex(), order.key.fingerprint.hex()]
    value = _written([key, _pairs(order.filled)])
    if len(value) > LONGEST_COOKIE:
        value = _written([key, []])
    age = int(LIFETIME.total_seconds())
    response.set_cookie(COOKIE, value, path=path, max_age=age, httponly=True, secure=secure, samesite="Lax")


def remembered(request: web.Request) -> Unsure | None:
    try:
        (key, fingerprint), pairs = json.loads(urlsafe_b64decode(request.cookies.get(COOKIE, "")))
        filled = read_filled([(str(name), str(value)) for name, value in pairs])
        return Unsure(IdempotencyKey(bytes.fromhex(key), bytes.fromhex(fingerprint)), filled)
    except (ValueError, TypeError):
        return None


def forget(response: web.Response, path: str, *, secure: bool) -> None:
    response.del_cookie(COOKIE, path=path, httponly=True, secure=secure, samesite="Lax")


def _pairs(filled: Filled) -> Sequence[tuple[str, str]]:
    """The form again, as a browser would send it."""
    return [
        ("name", filled.name),
        ("email", filled.email),
        *((f"quantity.{kind}", value) for kind, value in filled.quantities.items()),
        *((f"price.{kind}", f"{price.amount} {price.currency}") for kind, price in filled.prices.items()),
        *((f"attendee.{kind}", name) for kind, names in filled.names.items() for name in names),
    ]


def _written(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode()
