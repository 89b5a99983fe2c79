"""What stands still, and what is done about it, for `/metrics`."""

from collections import Counter
from collections.abc import Iterable
from itertools import product
from typing import Any

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client import Counter as Total

from services.orders.store.unfulfilled import AGES, WAITED_FOR, counted
from shared.database import Pool, connection


class ReconcilerMeasures:
    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = registry or CollectorRegistry()
        self._told_again = Total(
            "boxoffice_told_again", "Messages that were owed once more, by key.", ("key",), registry=registry
        )
        self.unfulfilled = Gauge(
            "boxoffice_orders_unfulfilled",
            "Orders that wait for tickets or a mail, by how long they have.",
            ("age", "waits_for"),
            registry=registry,
            multiprocess_mode="livemostrecent",
        )

    def told_again(self, keys: Iterable[str]) -> None:
        for key, count in Counter(keys).items():
            self._told_again.labels(key).inc(count)

    async def sample(self, pool: "Pool[Any]") -> None:
        """Raises `DatabaseUnavailable`; the gauges are then unknown."""
        gauges = {(age, what): self.unfulfilled.labels(age, what) for age, what in product(AGES, WAITED_FOR)}
        for gauge in gauges.values():
            gauge.set(float("nan"))
        async with connection(pool) as held:
            found = await counted(held)
        counts = {(one.age, one.waits_for): one.count for one in found}
        for name, gauge in gauges.items():
            gauge.set(counts.get(name, 0))
