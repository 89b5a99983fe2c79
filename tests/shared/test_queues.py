"""The queues of the installation."""

import ast
from pathlib import Path

import pytest

from shared.messages import FACTS
from shared.queues import FOLLOWED_BY, QUEUES, queue_of

ROOT = Path(__file__).parents[2]
# A process that is not a service of its own lives with the service whose tables it works on.
ROOMS = {"webhooks": "orders/webhooks"}


def test_a_queue_is_named_after_its_service_and_its_key() -> None:
    assert QUEUES == {
        "tickets.order-placed": ("order.placed.v1",),
        "tickets.order-cancelled": ("order.cancelled.v1",),
        "tickets.api-key-changed": ("api-key.changed.v1",),
        "tickets.event-changed": ("event.changed.v1",),
        "mailer.sign-in-requested": ("sign-in.requested.v1",),
        "mailer.tickets-issued": ("tickets.issued.v1",),
        "mailer.order-cancelled": ("order.cancelled.v1",),
        "mailer.order-resend-requested": ("order.resend-requested.v1",),
        "orders.tickets-issued": ("tickets.issued.v1",),
        "orders.tickets-failed": ("tickets.failed.v1",),
        "orders.email-sent": ("email.sent.v1",),
        "orders.email-bounced": ("email.bounced.v1",),
        "orders.email-failed": ("email.failed.v1",),
        "edge.event-changed": ("event.changed.v1",),
        "webhooks.order-placed": ("order.placed.v1",),
        "webhooks.order-cancelled": ("order.cancelled.v1",),
        "webhooks.tickets-issued": ("tickets.issued.v1",),
        "webhooks.email-sent": ("email.sent.v1",),
        "webhooks.email-bounced": ("email.bounced.v1",),
        "webhooks.email-failed": ("email.failed.v1",),
        "webhooks.event-changed": ("event.changed.v1",),
    }


def test_every_message_is_followed_by_someone() -> None:
    assert {fact.key for fact in FACTS} == {key for keys in QUEUES.values() for key in keys}


@pytest.mark.parametrize("service", [service for service in FOLLOWED_BY if service != "edge"])
def test_a_service_declares_every_queue_before_it_publishes(service: str) -> None:
    room = ROOT / "services" / ROOMS.get(service, service)
    source = (room / "app.py").read_text()
    assert source.index("await declare_all(bus)") < (source + "Relay(").index("Relay(")
    handlers = ast.parse((room / "handlers.py").read_text())
    assert not any(isinstance(node, ast.Constant) and node.value in QUEUES for node in ast.walk(handlers)), (
        "queues are named in shared/queues.py alone"
    )
    assert all(queue_of(service, fact) in QUEUES for fact in FOLLOWED_BY[service])
