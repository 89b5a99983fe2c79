"""What organisers read of their webhooks, and the shapes of it that `/openapi.json` describes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, cast

from typing_extensions import TypedDict

from services.orders.store.webhook_log import LoggedDelivery
from services.orders.store.webhooks import Because
from services.orders.store.webhooks import Webhook as StoredWebhook

DeliveryStatus = Literal["pending", "delivered", "failed"]


class Webhook(TypedDict):
    """Where an organiser is told, and of what.

    `disabled_because` you `asked`, because it answered 410 (`gone`), or after days of `failing`.
    """

    id: str
    url: str
    description: str
    messages: list[str]
    enabled: bool
    disabled_because: Because | None
    failing_since: datetime | None
    created_at: datetime


class NewWebhook(Webhook):
    """With its secret: `whsec_` and base 64."""

    secret: str


class WebhookList(TypedDict):
    """A page of webhooks. `next` is the `cursor` of the page after it."""

    data: list[Webhook]
    next: str | None


class Attempt(TypedDict):
    """`response_status` is null where there was no answer; `detail` then says why."""

    at: datetime
    response_status: int | None
    duration_ms: int
    detail: str


class Delivery(TypedDict):
    """A message on its way to a webhook. `id` is what it is sent with as `webhook-id`.

    `response_status` and `duration_ms` are those of the last attempt; `log` has the last 20 at least.
    """

    id: str
    type: str
    status: DeliveryStatus
    attempts: int
    response_status: int | None
    duration_ms: int | None
    next_attempt_at: datetime | None
    created_at: datetime
    log: list[Attempt]


class DeliveryList(TypedDict):
    """A page of deliveries. `next` is the `cursor` of the page after it."""

    data: list[Delivery]
    next: str | None


def webhook(stored: StoredWebhook) -> Webhook:
    return {
        "id": str(stored.id),
        "url": stored.url,
        "description": stored.description,
        "messages": list(stored.messages),
        "enabled": stored.disabled_because is None,
        "disabled_because": stored.disabled_because,
        "failing_since": stored.failing_since and stored.failing_since.astimezone(UTC),
        "created_at": stored.created_at.astimezone(UTC),
    }


def with_secret(stored: StoredWebhook, secret: str) -> NewWebhook:
    return {**webhook(stored), "secret": secret}


def listed(stored: Sequence[StoredWebhook], following: str | None) -> WebhookList:
    return {"data": [webhook(one) for one in stored], "next": following}


def delivery(logged: LoggedDelivery, to: StoredWebhook) -> Delivery:
    log = [_attempt(entry) for entry in logged.log]
    due = None if to.disabled_because else logged.next_attempt_at
    return {
        "id": str(logged.id),
        "type": logged.type,
        "status": cast(DeliveryStatus, logged.status),
        "attempts": logged.attempts,
        "response_status": log[-1]["response_status"] if log else None,
        "duration_ms": log[-1]["duration_ms"] if log else None,
        "next_attempt_at": due and due.astimezone(UTC),
        "created_at": logged.created_at.astimezone(UTC),
        "log": log,
    }


def deliveries(logged: Sequence[LoggedDelivery], to: StoredWebhook, following: str | None) -> DeliveryList:
    return {"data": [delivery(one, to) for one in logged], "next": following}


def _attempt(entry: dict[str, object]) -> Attempt:
    """As the courier noted it."""
    told = {"at": entry["at"], "response_status": entry["status"], "duration_ms": entry["milliseconds"]}
    return cast(Attempt, told | {"detail": entry["detail"]})
