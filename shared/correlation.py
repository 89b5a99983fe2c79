"""A request's id: taken from the edge in front, else made here; in every log line of the request and in its answer."""

import re
from contextvars import ContextVar

import structlog
from aiohttp import web

from shared.randomness import random_bytes
from shared.web import HttpHandler

HEADER = "X-Request-Id"
# What may stand in a log line as it is.
_SOUND = re.compile(r"[A-Za-z0-9._-]{8,128}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def correlate(app: web.Application) -> None:
    """Have every request of `app` carry its id, before any other middleware speaks."""
    app.middlewares.insert(0, _identified)
    app.on_response_prepare.append(_echo)


def with_request_id(
    _: structlog.types.WrappedLogger, __: str, line: structlog.types.EventDict
) -> structlog.types.EventDict:
    """A step of structlog: what is logged while a request is handled says which."""
    if current := _current.get():
        line["request_id"] = current
    return line


def fresh_id() -> str:
    return random_bytes(12).hex()


@web.middleware
async def _identified(request: web.Request, handler: HttpHandler) -> web.StreamResponse:
    given = request.headers.get(HEADER, "")
    # Never reset: a connection's next request sets its own, and its task ends with it.
    _current.set(given if _SOUND.fullmatch(given) else fresh_id())
    return await handler(request)


async def _echo(_: web.Request, response: web.StreamResponse) -> None:
    # What is answered before any middleware has none yet.
    response.headers[HEADER] = _current.get() or fresh_id()
