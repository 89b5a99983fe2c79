"""What becomes of mails, for `/metrics`."""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.mailer import store
from shared.database import Pool, connection


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

        self._in_doubt = Gauge(
            "boxoffice_mails_in_doubt",
            "Mails that may have gone since the backup that was restored, and wait for a decision.",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )

    async def look_for_doubts(self, pool: "Pool[Any]") -> None:
        """Set the gauge. Raises `DatabaseUnavailable`."""
        async with connection(pool) as held:
            self._in_doubt.set(await store.count_in_doubt(held))

    def count(self, template: str, outcome: str) -> None:
        self._mails.labels(template, outcome).inc()

    def trouble(self, there_is: bool) -> None:
        self._misconfigured.set(there_is)
