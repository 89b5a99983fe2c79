"""What pages load beside themselves, at addresses that carry the content's hash, so that it is kept for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from aiohttp import web

from services.orders.pages.policy import NO_GUESSING
from shared.prepared import Prepared, prepared

FOLDER = Path(__file__).parent / "assets"
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
HASH_DIGITS = 12
FOR_EVER = {**NO_GUESSING, "Cache-Control": "public, max-age=31536000, immutable"}
# The address of another release, seen while processes of both serve: what we have, but not for long.
FOR_NOW = {**NO_GUESSING, "Cache-Control": "public, max-age=60"}


@dataclass(frozen=True, slots=True)
class _Asset:
    address: str
    content: Prepared


class Assets:
    """The files of `assets/`, read once. `page.css` is served at `/assets/page.HASH.css`."""

    def __init__(self, folder: Path = FOLDER) -> None:
        files = sorted(file for file in folder.iterdir() if file.suffix in KINDS)
        self._by_name: Mapping[str, _Asset] = {file.name: _asset(file) for file in files}

    def address(self, name: str) -> str:
        return self._by_name[name].address

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/assets/{file}", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        stem, _, rest = request.match_info["file"].partition(".")
        asset = self._by_name.get(f"{stem}.{rest.rpartition('.')[2]}")
        if asset is None:
            raise web.HTTPNotFound
        return asset.content.answer(request, FOR_EVER if request.path == asset.address else FOR_NOW)


def _asset(file: Path) -> _Asset:
    body = file.read_bytes()
    address = f"/assets/{file.stem}.{sha256(body).hexdigest()[:HASH_DIGITS]}{file.suffix}"
    return _Asset(address, prepared(body, KINDS[file.suffix]))
