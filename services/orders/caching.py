"""What caches may keep, for how long, and the names by which it is taken back.

The service says it itself, so that it holds with Varnish in front, with another cache, and without any.
`Surrogate-Key` names what an answer was made of: a change of the event `event-<id>`, or of any that is
listed (`events`), takes it out of Varnish; no client gets to see it there.
"""

from collections.abc import Mapping
from hashlib import sha256
from uuid import UUID

from aiohttp import web

from services.orders import answers

PUBLIC_SECONDS = 60
# Long enough that a wave of guesses does not reach us, short enough that a new event is there when it is told of.
ABSENT_SECONDS = 5
# Every cookie that tells who someone is, or opens something to them, begins like this (or like `__Host-` and this).
PRIVATE_COOKIE = "boxoffice_"

EVENTS = "events"
PRIVATE = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
_VARY = "Authorization, Cookie"


def event_key(identity: UUID | str) -> str:
    return f"event-{identity}"


def public(request: web.Request, *keys: str, seconds: int = PUBLIC_SECONDS) -> dict[str, str]:
    """The headers of what anyone may see; whoever says who they are gets an answer that nobody else is given."""
    if personal(request):
        return {"Cache-Control": "private, no-cache", "Vary": _VARY}
    headers = {"Cache-Control": f"public, max-age={seconds}", "Vary": _VARY}
    return headers | ({"Surrogate-Key": " ".join(keys)} if keys else {})


def absent(request: web.Request) -> dict[str, str]:
    """The headers of "there is no such thing" (yet), which is told as a page or as a problem."""
    headers = public(request, seconds=ABSENT_SECONDS)
    return headers | {"Vary": f"{headers['Vary']}, Accept"}


def personal(request: web.Request) -> bool:
    """Whether the request says who it comes from."""
    if "Authorization" in request.headers:
        return True
    return any(name.removeprefix("__Host-").startswith(PRIVATE_COOKIE) for name in request.cookies)


def public_json(request: web.Request, document: object, *keys: str) -> web.Response:
    """What anyone may see, under these surrogate keys, with a strong validator over the very bytes."""
    body = answers.encode(document)
    etag = sha256(body).hexdigest()[:32]
    headers = public(request, *keys) | {"ETag": f'"{etag}"'}
    if any(known.value in ("*", etag) for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type="application/json", headers=headers)


def private(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """What one caller may see, kept by nobody."""
    return web.Response(
        status=status,
        body=answers.encode(document),
        content_type="application/json",
        headers=PRIVATE | dict(headers or {}),
    )
