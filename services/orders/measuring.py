"""How orders fare, for `/metrics`: counted a batch at a time, so that an order costs nothing."""

from collections import Counter
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client import Counter as Total

from services.orders.committing import Answer, KeyMismatch, Outcome
from shared.database import DatabaseUnavailable, OutcomeUnknown

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class OrderMeasures:
    """`waiting` are orders that have no answer yet."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._orders = Total("boxoffice_orders", "Orders by what became of them.", ("outcome",), registry=registry)
        self._sizes = Histogram(
            "boxoffice_order_batch_size", "Orders placed in one transaction.", registry=registry, buckets=SIZES
        )
        self._waiting = Gauge(
            "boxoffice_orders_waiting",
            "Orders that wait for their turn.",
            registry=registry,
            multiprocess_mode="livesum",
        )

    def placed(self, outcomes: Iterable[Outcome], waiting: int) -> None:
        """A batch is done, and so many wait behind it."""
        told = Counter(map(_kind, outcomes))
        for kind, count in told.items():
            self._orders.labels(kind).inc(count)
        self._sizes.observe(told.total())
        self._waiting.set(waiting)

    def turned_away(self, count: int = 1) -> None:
        self._orders.labels("overloaded").inc(count)


def _kind(outcome: Outcome) -> str:
    if isinstance(outcome, Answer):
        if outcome.replayed:
            return "replayed"
        return "placed" if outcome.order else "refused"
    if isinstance(outcome, KeyMismatch):
        return "mismatched"
    if isinstance(outcome, OutcomeUnknown):
        return "unknown"
    return "unavailable" if isinstance(outcome, DatabaseUnavailable) else "failed"
