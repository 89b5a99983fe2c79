"""How long drawing takes, for `/metrics`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Histogram

BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class RenderMeasures:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "boxoffice_render_seconds",
            "Orders drawn, from the moment a worker was free, and what became of it.",
            ("outcome",),
            registry=registry,
            buckets=BUCKETS,
        )

    @contextmanager
    def drawing(self) -> Iterator[None]:
        began, outcome = time.perf_counter(), "failed"
        try:
            yield
            outcome = "drawn"
        finally:
            self._seconds.labels(outcome).observe(time.perf_counter() - began)
