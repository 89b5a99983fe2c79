"""What becomes of mails, for `/metrics`."""

from prometheus_client import CollectorRegistry, Counter


class MailMeasures:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._mails = Counter(
            "boxoffice_mails",
            "Mails by what became of them: sent, bounced, failed; postponed is an attempt that was not the last.",
            ("template", "outcome"),
            registry=registry,
        )

    def count(self, template: str, outcome: str) -> None:
        self._mails.labels(template, outcome).inc()
