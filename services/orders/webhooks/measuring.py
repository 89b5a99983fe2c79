"""How organisers' endpoints answer, for `/metrics`; all of them together, since labels are few."""

from prometheus_client import CollectorRegistry, Histogram

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)


class DeliveryMeasures:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "boxoffice_webhook_attempt_seconds",
            "Attempts to deliver to webhooks, and what became of them: delivered, postponed, given-up.",
            ("outcome",),
            registry=registry,
            buckets=BUCKETS,
        )

    def attempted(self, outcome: str, seconds: float) -> None:
        self._seconds.labels(outcome).observe(seconds)
