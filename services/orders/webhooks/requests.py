"""The shape of what organisers send about their webhooks."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from services.orders.shapes import Request, parse
from services.orders.store.webhooks import NewWebhook, Webhook
from services.orders.webhooks.addresses import MAX_URL, why_not
from services.orders.webhooks.telling import EVERYTHING, TYPES
from shared.values.texts import line, printable
from shared.web import Fault


def _known(value: str) -> str:
    if value not in (*TYPES, EVERYTHING):
        raise ValueError(f"There is no such message. Choose of {', '.join(TYPES)}, or {EVERYTHING} for all.")
    return value


Url = Annotated[str, StringConstraints(max_length=MAX_URL), AfterValidator(printable)]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(line)]
MessageType = Annotated[str, AfterValidator(_known)]


class WebhookFields(Request):
    """Where an organiser wants to be told, and of which messages; `*` is every one there is and will be."""

    url: Url
    messages: Annotated[list[MessageType], Field(min_length=1, max_length=50)]
    description: Description = ""
    enabled: bool = True

    @classmethod
    def document(cls, webhook: Webhook) -> dict[str, Any]:
        """What would have been sent for this one."""
        return {
            "url": webhook.url,
            "messages": list(webhook.messages),
            "description": webhook.description,
            "enabled": webhook.disabled_because is None,
        }


def parse_webhook(document: Mapping[str, Any], *, allow_private: bool) -> tuple[NewWebhook | None, list[Fault]]:
    """What is wanted, or None with every fault: of shape, and of where the URL leads."""
    request, faults = parse(WebhookFields, document)
    faults += _faults_of_url(document.get("url"), allow_private)
    if request is None or faults:
        return None, faults
    wanted = tuple(dict.fromkeys(request.messages))
    return NewWebhook(request.url, wanted, request.description, request.enabled), []


def _faults_of_url(url: Any, allow_private: bool) -> Iterator[Fault]:
    if isinstance(url, str) and len(url) <= MAX_URL and (reason := why_not(url, allow_private=allow_private)):
        yield Fault("/url", reason)
