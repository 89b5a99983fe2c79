"""Cross-origin rules: a page of any allowed origin may call the buyers' API, without credentials."""

from aiohttp import web

from shared.web import HttpHandler

EXPOSED = "ETag, Location, Retry-After, Idempotent-Replayed"
ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID"
PREFLIGHT_SECONDS = 86400


def cross_origin(app: web.Application, origins: frozenset[str]) -> None:
    """Answer preflights and mark every response. Signals, not a middleware, so that streams are marked too."""

    async def mark(request: web.Request, response: web.StreamResponse) -> None:
        if not request.path.startswith("/v1/"):
            return
        origin = _allowed(request, origins)
        if "*" not in origins:
            response.headers.add("Vary", "Origin")
        if origin:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED

    app.on_response_prepare.append(mark)


@web.middleware
async def preflight(request: web.Request, handler: HttpHandler) -> web.StreamResponse:
    """Answer what a browser asks before it dares to send, and whoever else asks for the methods of an address."""
    if request.method != "OPTIONS":
        return await handler(request)
    if "Access-Control-Request-Method" not in request.headers:
        return _methods(await handler(request))
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Methods": "GET, POST, PATCH",
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        },
    )


def _methods(answer: web.StreamResponse) -> web.StreamResponse:
    """No address takes OPTIONS itself, so the answer is a refusal that names those it takes."""
    if answer.status != 405:
        return answer
    others = answer.headers["Allow"].split(",")
    return web.Response(status=204, headers={"Allow": ", ".join(sorted({"OPTIONS", *map(str.strip, others)}))})


def _allowed(request: web.Request, origins: frozenset[str]) -> str | None:
    if "*" in origins:
        return "*"
    origin = request.headers.get("Origin", "")
    return origin if origin in origins else None
