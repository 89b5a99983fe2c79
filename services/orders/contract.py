"""What other teams build against, as documents anyone may read and keep for an hour."""

from hashlib import sha256

import msgspec
from aiohttp import web

from shared import asyncapi

HEADERS = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}


def routes() -> list[web.RouteDef]:
    """`GET /asyncapi.json`: the messages, from the types that the code uses."""
    body = msgspec.json.encode(asyncapi.document())
    etag = sha256(body).hexdigest()[:32]
    headers = HEADERS | {"ETag": f'"{etag}"'}

    async def messages(request: web.Request) -> web.Response:
        if any(known.value in ("*", etag) for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/json", headers=headers)

    return [web.get("/asyncapi.json", messages)]
