"""How long drawing takes and what became of the processes that draw, for `/metrics`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram

from services.tickets.render_errors import RenderFailed

BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)


class RenderMeasures:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "boxoffice_render_seconds",
            "Orders drawn, from the moment a worker was free, and what became of it.",
            ("outcome",),
            registry=registry,
            buckets=BUCKETS,
        )
        self._replaced = Counter(
            "boxoffice_render_workers_replaced",
            "Rendering processes that were replaced, and why.",
            ("reason",),
            registry=registry,
        )

    def replaced(self, reason: str) -> None:
        self._replaced.labels(reason).inc()

    @contextmanager
    def drawing(self) -> Iterator[None]:
        began, outcome = time.perf_counter(), "postponed"
        try:
            yield
            outcome = "drawn"
        except RenderFailed:
            outcome = "failed"
            raise
        finally:
            self._seconds.labels(outcome).observe(time.perf_counter() - began)
