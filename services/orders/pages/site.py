"""The frame around every page: templates, assets, language, headers, and what is said when something is wrong."""

from pathlib import Path
from typing import Any

import structlog
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.orders import caching
from services.orders.pages import policy
from services.orders.pages.assets import Assets
from services.orders.pages.readers import Reader, reader_of
from services.orders.pages.wording import frame, unsure
from shared.languages import LANGUAGES
from shared.prepared import Prepared, prepared
from shared.web import Problem

log = structlog.get_logger()

HTML = "text/html; charset=utf-8"
# What a page says depends on this beside its address.
LANGUAGE = "Accept-Language"


class Site:
    """Makes pages. `public` ones are for everyone, `private` ones for whoever asked and no cache."""

    def __init__(self, assets: Assets | None = None) -> None:
        self.assets = assets or Assets()
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {"asset": self.assets.address, "LANGUAGES": LANGUAGES, "Reader": Reader}

    def html(self, template: str, reader: Reader, path: str, **told: Any) -> bytes:
        """`path` is where the page stands, for its links to other languages."""
        around = {"reader": reader, "path": path, "frame": frame.WORDS[reader.language]}
        return self._templates.get_template(template).render(around | told).encode(errors="replace")

    def prepared(self, template: str, reader: Reader, path: str, **told: Any) -> Prepared:
        """For everyone, so worth keeping: see `public`."""
        return prepared(self.html(template, reader, path, **told), HTML)

    def public(self, request: web.Request, page: Prepared, *keys: str) -> web.Response:
        """Kept by caches for a minute; `keys` name what it shows, for a purge when that changes."""
        headers = caching.public(request, *keys)
        return page.answer(request, policy.PAGE | headers | {"Vary": f"{headers['Vary']}, {LANGUAGE}"})

    def private(
        self, request: web.Request, template: str, *, status: int = 200, path: str | None = None, **told: Any
    ) -> web.Response:
        """`path` where it can be read again, when that is not where it was asked for."""
        reader = reader_of(request)
        body = self.html(template, reader, path or request.path, **told)
        headers = policy.PAGE | policy.PRIVATE | {"Vary": LANGUAGE, "Content-Type": HTML}
        return web.Response(status=status, body=body, headers=headers)

    def see(self, address: str) -> web.Response:
        """What a form's answer leads to; reloading it sends nothing again."""
        return web.Response(status=303, headers=policy.PAGE | policy.PRIVATE | {"Location": address})

    def tell(self, problem: Problem, request: web.Request) -> web.StreamResponse:
        """Whoever browses our pages reads a page, programs read problem+json."""
        return self._apology(problem, request) if _browses(request) else problem.response(request)

    def _apology(self, problem: Problem, request: web.Request) -> web.Response:
        words = frame.WORDS[reader_of(request).language]
        said = {404: words.not_found, 429: words.busy, 503: words.busy, 500: words.broken}
        if problem.slug == "outcome-unknown":
            said[problem.status] = unsure.WORDS[reader_of(request).language].unknown
        response = self.private(
            request, "apology.html.j2", status=problem.status, said=said.get(problem.status, words.refused)
        )
        response.headers.update(problem.headers)
        response.headers["Vary"] = f"{problem.headers.get('Vary', 'Accept')}, {LANGUAGE}"
        return response


def _browses(request: web.Request) -> bool:
    return not request.path.startswith("/v1/") and "text/html" in request.headers.get("Accept", "")
