"""The routes by which organisers see what was sent to a webhook, and have it sent again."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

from aiohttp import web

from services.orders import caching
from services.orders.described import ORGANISERS
from services.orders.paging import next_after, read_page
from services.orders.store import webhook_log
from services.orders.store.webhook_log import LoggedDelivery
from services.orders.store.webhooks import Webhook
from services.orders.webhooks import answers, telling
from services.orders.webhooks import described as told
from services.orders.webhooks.answers import DeliveryStatus
from services.orders.webhooks.api import KEY, id_in, own_webhook
from shared.api_keys import Doorkeeper
from shared.database import Connection, Pool, connection, transaction
from shared.identifiers import uuid7
from shared.openapi import described
from shared.openapi.parts import CURSOR, LIMIT
from shared.web import Fault, Problem, invalid, not_found

DISABLED = ("webhook-disabled",)
STATUSES = get_args(DeliveryStatus)
NO_SUCH_DELIVERY = "This webhook has no such delivery. They are kept for 30 days."


@dataclass(frozen=True, slots=True)
class WebhookLogApi:
    """The parts the routes call, wired in app.py."""

    pool: "Pool[Any]"
    door: Doorkeeper

    def routes(self) -> list[web.RouteDef]:
        webhook = "/v1/webhooks/{webhook}"
        return [
            web.post(webhook + "/test", self.send_test),
            web.get(webhook + "/deliveries", self.list_deliveries),
            web.get(webhook + "/deliveries/{delivery}", self.show_delivery),
            web.post(webhook + "/deliveries/{delivery}/replay", self.replay_delivery),
        ]

    @described(ORGANISERS, told.OWED, takes=(told.WEBHOOK_ID,), problems=DISABLED, opened_by=KEY)
    async def send_test(self, request: web.Request) -> web.Response:
        """Send a test message.

        It goes the way of all others, with the type `webhook.test`; the log tells how it fared.
        """
        caller = await self.door.caller(request, "write")
        message, now = uuid7(), datetime.now(UTC)
        async with transaction(self.pool) as held:
            webhook = await own_webhook(held, caller, request)
            _refuse_disabled(webhook)
            body = telling.encoded(telling.TEST, now, {"webhook": str(webhook.id)})
            await webhook_log.add_test(held, webhook, message, telling.TEST, body)
            owed = await _logged(held, webhook, message)
        return caching.private(answers.delivery(owed, webhook), 202)

    @described(ORGANISERS, told.DELIVERIES, takes=(told.WEBHOOK_ID, told.STATUS, LIMIT, CURSOR), opened_by=KEY)
    async def list_deliveries(self, request: web.Request) -> web.Response:
        """List a webhook's deliveries, the newest message first."""
        caller = await self.door.caller(request, "read")
        limit, before, faults = read_page(request.query)
        status = request.query.get("status")
        if status is not None and status not in STATUSES:
            faults.append(Fault("/status", f"Give one of {', '.join(STATUSES)}, or leave it out."))
        if faults:
            raise invalid(faults)
        async with connection(self.pool) as held:
            webhook = await own_webhook(held, caller, request)
            found = await webhook_log.deliveries(held, webhook, status, before, limit + 1)
        following = next_after(found[limit - 1].id) if len(found) > limit else None
        return caching.private(answers.deliveries(found[:limit], webhook, following))

    @described(ORGANISERS, told.DELIVERY, takes=(told.WEBHOOK_ID, told.DELIVERY_ID), opened_by=KEY)
    async def show_delivery(self, request: web.Request) -> web.Response:
        """Read a delivery, with its attempts."""
        caller = await self.door.caller(request, "read")
        async with connection(self.pool) as held:
            webhook = await own_webhook(held, caller, request)
            found = await _logged(held, webhook, id_in(request, "delivery"))
        return caching.private(answers.delivery(found, webhook))

    @described(ORGANISERS, told.OWED, takes=(told.WEBHOOK_ID, told.DELIVERY_ID), problems=DISABLED, opened_by=KEY)
    async def replay_delivery(self, request: web.Request) -> web.Response:
        """Deliver again what was delivered, given up or waits.

        With the same id and body, a new signature, and a fresh count of attempts.
        """
        caller = await self.door.caller(request, "write")
        async with transaction(self.pool) as held:
            webhook = await own_webhook(held, caller, request)
            found = await _logged(held, webhook, id_in(request, "delivery"))
            _refuse_disabled(webhook)
            await webhook_log.replay(held, webhook, found.id)
            found = await _logged(held, webhook, found.id)
            return caching.private(answers.delivery(found, webhook), 202)


async def _logged(held: Connection, webhook: Webhook, identity: UUID | None) -> LoggedDelivery:
    found = await webhook_log.delivery(held, webhook, identity) if identity else None
    if found is None:
        raise not_found(NO_SUCH_DELIVERY)
    return found


def _refuse_disabled(webhook: Webhook) -> None:
    if webhook.disabled_because:
        detail = 'Nothing goes to a webhook that is disabled. PATCH it with {"enabled": true} first.'
        raise Problem(409, "webhook-disabled", "Webhook disabled", detail)
