"""What becomes of mails, for `/metrics`."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class MailMeasures:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._mails = Counter(
            "boxoffice_mails",
            "Mails by what became of them: sent, bounced, failed; postponed is an attempt that was not the last.",
            ("template", "outcome"),
            registry=registry,
        )
        self._misconfigured = Gauge(
            "boxoffice_mailer_misconfigured",
            "1 while the mail server refuses this installation, and not a recipient or a mail.",
            registry=registry,
            multiprocess_mode="livemax",
        )

    def count(self, template: str, outcome: str) -> None:
        self._mails.labels(template, outcome).inc()

    def trouble(self, there_is: bool) -> None:
        self._misconfigured.set(there_is)
