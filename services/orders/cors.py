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
    """Answer what a browser asks before it dares to send."""
    if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
        return await handler(request)
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Methods": "GET, POST, PATCH",
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        },
    )


def _allowed(request: web.Request, origins: frozenset[str]) -> str | None:
    if "*" in origins:
        return "*"
    origin = request.headers.get("Origin", "")
    return origin if origin in origins else None
