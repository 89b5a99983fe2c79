"""What the routes of webhooks say of themselves: places in their paths, their answers, and examples."""

from typing import Any, get_args

from services.orders.webhooks import answers
from services.orders.webhooks.answers import DeliveryStatus
from shared.openapi import Gives, Parameter

_WEBHOOK = "019a1c2e-7d10-7b42-9c55-3e8f1a2b4c6d"
_MESSAGE = "019a1c2e-8e21-7f90-8b13-5d7c9e1f3a2b"

WEBHOOK_REQUEST: dict[str, Any] = {
    "url": "https://example.org/boxoffice",
    "messages": ["order.placed", "email.bounced"],
    "description": "The accounts",
}
WEBHOOK_PATCH: dict[str, Any] = {"messages": ["*"], "enabled": True}

_EXAMPLE: dict[str, Any] = {
    "id": _WEBHOOK,
    **WEBHOOK_REQUEST,
    "enabled": True,
    "disabled_because": None,
    "failing_since": None,
    "created_at": "2027-02-01T09:00:00Z",
}
_WITH_SECRET = _EXAMPLE | {"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazfdA6DIwPE="}
_ATTEMPT = {"at": "2027-03-01T09:00:00.412Z", "response_status": 204, "duration_ms": 38, "detail": ""}
_DELIVERED: dict[str, Any] = {
    "id": _MESSAGE,
    "type": "order.placed",
    "status": "delivered",
    "attempts": 1,
    "response_status": 204,
    "duration_ms": 38,
    "next_attempt_at": None,
    "created_at": "2027-03-01T09:00:00.371204Z",
    "log": [_ATTEMPT],
}
_WAITING = _DELIVERED | {
    "status": "pending",
    "attempts": 0,
    "response_status": None,
    "duration_ms": None,
    "next_attempt_at": "2027-03-01T09:00:00.371204Z",
    "log": [],
}

WEBHOOK_ID = Parameter("webhook", "path", "A webhook's id.", example=_WEBHOOK)
DELIVERY_ID = Parameter("delivery", "path", "A delivery's id: the `webhook-id` it was sent with.", example=_MESSAGE)
STATUS = Parameter(
    "status", "query", "Only deliveries of this status.", {"type": "string", "enum": list(get_args(DeliveryStatus))}
)

WEBHOOK = Gives(200, "The webhook as it is now.", answers.Webhook, example=_EXAMPLE)
NEW_WEBHOOK = Gives(201, "Made.", answers.NewWebhook, headers=("Location",), example=_WITH_SECRET)
ROTATED = Gives(200, "With its new secret.", answers.NewWebhook, example=_WITH_SECRET)
WEBHOOKS = Gives(200, "A page of webhooks.", answers.WebhookList, example={"data": [_EXAMPLE], "next": None})
DELETED = Gives(204, "Deleted: nothing goes there any more.")
DELIVERY = Gives(200, "The delivery as it stands now.", answers.Delivery, example=_DELIVERED)
OWED = Gives(202, "Owed: it goes within a second or two.", answers.Delivery, example=_WAITING)
DELIVERIES = Gives(200, "A page of deliveries.", answers.DeliveryList, example={"data": [_DELIVERED], "next": None})
