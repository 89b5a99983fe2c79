"""A body made once and answered many times: compressed, with a validator, or with 304 to who has it."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from aiohttp import web

# The best that zlib has costs 1 ms for a page, once a reading of its event.
COMPRESSION = 9


@dataclass(frozen=True, slots=True)
class Prepared:
    """`etag` is strong, and another one for the compressed bytes: those are other bytes."""

    kind: str
    body: bytes
    compressed: bytes
    etag: str

    def answer(self, request: web.Request, headers: Mapping[str, str]) -> web.Response:
        small = "gzip" in request.headers.get("Accept-Encoding", "").lower()
        etag = f"{self.etag}-gz" if small else self.etag
        told = {**headers, "ETag": f'"{etag}"', "Vary": _vary(headers)}
        if any(known.value in ("*", etag) for known in request.if_none_match or ()):
            return web.Response(status=304, headers=told)
        told |= {"Content-Type": self.kind} | ({"Content-Encoding": "gzip"} if small else {})
        return web.Response(body=self.compressed if small else self.body, headers=told)


def prepared(body: bytes, kind: str) -> Prepared:
    return Prepared(kind, body, gzip.compress(body, COMPRESSION, mtime=0), sha256(body).hexdigest()[:32])


def _vary(headers: Mapping[str, str]) -> str:
    return ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding")))
