"""Documents that describe us to other teams: anyone may read them, from any page, and keep them for an hour."""

from hashlib import sha256

import msgspec
from aiohttp import web

HEADERS = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}


def kept(path: str, document: object) -> web.RouteDef:
    """`GET path`: the document as JSON, with a strong validator."""
    body = msgspec.json.encode(document)
    etag = sha256(body).hexdigest()[:32]
    headers = HEADERS | {"ETag": f'"{etag}"'}

    async def show(request: web.Request) -> web.Response:
        if any(known.value in ("*", etag) for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/json", headers=headers)

    return web.get(path, show)
