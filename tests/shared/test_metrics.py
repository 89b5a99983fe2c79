"""What is counted is documented, and what is documented is counted."""

import re
from pathlib import Path
from typing import Any

from prometheus_client import generate_latest

from services.mailer.measuring import MailMeasures
from services.orders.measuring import OrderMeasures
from services.orders.reconciling.measuring import ReconcilerMeasures
from services.orders.webhooks.measuring import DeliveryMeasures
from services.tickets.measuring import RenderMeasures
from shared.metrics import Metrics
from shared.outbox import Relay
from tests.reading_metrics import Numbers

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_list_of_numbers_is_what_the_services_have() -> None:
    rows = re.findall(r"^\| `(boxoffice_\w+)` \| (\w+) \|", DOCUMENT.read_text(), re.MULTILINE)
    nothing: Any = None
    metrics = Metrics()
    metrics.sample_outbox(Relay(nothing, nothing))
    metrics.sample_queues(nothing, [])
    OrderMeasures(metrics.registry)
    RenderMeasures(metrics.registry)
    MailMeasures(metrics.registry)
    DeliveryMeasures(metrics.registry)
    ReconcilerMeasures(metrics.registry)
    told = Numbers(generate_latest(metrics.registry).decode()).families
    assert dict(rows) == {name: kind for name, kind in told.items() if name.startswith("boxoffice_")}
