"""What a service counts of itself, for Prometheus at `/metrics`. `docs/metrics.md` lists all of it.

    metrics = Metrics()
    bus = metrics.counted(await connect(…))
    app.add_routes(metrics.routes())

Labels are routes, queues and outcomes: never what a person sent.

Of several processes that share a port the kernel picks one for each scrape, so each must answer for all. They do it
by prometheus_client's multiprocess mode: `boxoffice serve --processes` names a folder in `PROMETHEUS_MULTIPROC_DIR`, in
which each keeps its numbers. Alone, a process keeps them in memory.
"""

from shared.metrics.counting import Metrics

__all__ = ["Metrics"]
