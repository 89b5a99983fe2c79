"""The numbers as Prometheus reads them: of this process, or of all that share its port."""

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

# By this name prometheus_client itself decides, when it is first imported, where numbers are kept.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


KIND = CONTENT_TYPE_PLAIN_0_0_4


def shown(registry: CollectorRegistry) -> bytes:
    """The text. Some milliseconds: not for the event loop."""
    if not os.environ.get(FOLDER):
        return generate_latest(registry)
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)


def new_registry() -> CollectorRegistry:
    """With memory, processor time and descriptors of the process, if it is alone."""
    # Each series' first moment is a series of its own otherwise.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    if not os.environ.get(FOLDER):
        ProcessCollector(registry=registry)
    return registry


def forget(process: int, folder: Path) -> None:
    """A process of those that share `folder` is gone: what it counted stays, what it stood at does not."""
    mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]
