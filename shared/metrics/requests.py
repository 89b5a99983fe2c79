"""HTTP requests by route, method and status, with how long they took."""

import time

from aiohttp import web
from prometheus_client import CollectorRegistry, Histogram

from shared.web import HttpHandler

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Half a millisecond is a cached event, 20 ms what an order may take at half load, 10 s a body that never comes.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 3, 10)
# The client went away before there was an answer (as nginx has it).
GONE = 499


class Requests:
    """One histogram: its count is the number of requests."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "boxoffice_http_request_seconds",
            "Requests, and how long each took until its answer was made.",
            ("method", "route", "status"),
            registry=registry,
            buckets=BUCKETS,
        )
        self._known: dict[tuple[str, str, int], Histogram] = {}

    @web.middleware
    async def timed(self, request: web.Request, handler: HttpHandler) -> web.StreamResponse:
        began, status = time.perf_counter(), GONE
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            self._series(request, status).observe(time.perf_counter() - began)

    def _series(self, request: web.Request, status: int) -> Histogram:
        """Looked up by ourselves: the library's way takes a lock and makes strings."""
        resource = request.match_info.route.resource
        key = (request.method, resource.canonical if resource else "none", status)
        if (known := self._known.get(key)) is None:
            method = key[0] if key[0] in METHODS else "other"
            known = self._seconds.labels(method, key[1], str(status))
            if method == key[0]:
                self._known[key] = known
        return known
