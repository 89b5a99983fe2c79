"""The routes of webhooks, part of the organisers' API: parse, call, answer."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from aiohttp import web

from services.orders import caching
from services.orders.described import ORGANISERS
from services.orders.merging import merged
from services.orders.paging import next_after, read_page
from services.orders.store import webhooks
from services.orders.store.webhooks import Webhook
from services.orders.webhooks import answers
from services.orders.webhooks import described as told
from services.orders.webhooks.requests import WebhookFields, parse_webhook
from services.orders.webhooks.vault import Vault, new_secret, shown
from shared.api_keys import Caller, Doorkeeper
from shared.database import Connection, Pool, connection, transaction
from shared.identifiers import uuid7
from shared.openapi import Patch, described
from shared.openapi.parts import CURSOR, LIMIT, ORGANISER_KEY
from shared.web import Fault, invalid, not_found, read_json

log = structlog.get_logger()

MAX_WEBHOOKS = 20
KEY = (ORGANISER_KEY,)
# Both secrets sign for as long: time to bring the new one to whoever verifies.
BOTH_SECRETS = timedelta(hours=24)
NO_SUCH_WEBHOOK = "Your organiser has no such webhook. GET /v1/webhooks lists those it has."


@dataclass(frozen=True, slots=True)
class WebhooksApi:
    """The parts the routes call, wired in app.py."""

    pool: "Pool[Any]"
    door: Doorkeeper
    vault: Vault
    public_url: str
    allow_private: bool

    def routes(self) -> list[web.RouteDef]:
        webhook = "/v1/webhooks/{webhook}"
        return [
            web.get("/v1/webhooks", self.list_webhooks),
            web.post("/v1/webhooks", self.create_webhook),
            web.get(webhook, self.show_webhook),
            web.patch(webhook, self.change_webhook),
            web.delete(webhook, self.delete_webhook),
            web.post(webhook + "/rotate-secret", self.rotate_secret),
        ]

    @described(ORGANISERS, told.WEBHOOKS, takes=(LIMIT, CURSOR), opened_by=KEY)
    async def list_webhooks(self, request: web.Request) -> web.Response:
        """List your organiser's webhooks, the oldest first."""
        caller = await self.door.caller(request, "read")
        limit, after, faults = read_page(request.query)
        if faults:
            raise invalid(faults)
        async with connection(self.pool) as held:
            found = await webhooks.all_mine(held, caller.id, after, limit + 1)
        following = next_after(found[limit - 1].id) if len(found) > limit else None
        return caching.private(answers.listed(found[:limit], following))

    @described(ORGANISERS, told.NEW_WEBHOOK, body=WebhookFields, body_example=told.WEBHOOK_REQUEST, opened_by=KEY)
    async def create_webhook(self, request: web.Request) -> web.Response:
        """Make a webhook.

        What we send is signed as the Standard Webhooks specification says, with the `secret` of this answer: it is not
        shown again. An organiser has at most 20 webhooks.
        """
        caller = await self.door.caller(request, "write")
        wanted, faults = parse_webhook((await read_json(request))[0], allow_private=self.allow_private)
        if wanted is None:
            raise invalid(faults)
        identity, secret = uuid7(), new_secret()
        async with transaction(self.pool) as held:
            if await webhooks.count(held, caller.id) >= MAX_WEBHOOKS:
                raise invalid([Fault("", f"An organiser has at most {MAX_WEBHOOKS} webhooks: delete one first.")])
            made = await webhooks.add(held, identity, caller.id, wanted, self.vault.seal(secret, identity))
            headers = {"Location": f"{self.public_url}/v1/webhooks/{made.id}"}
            # Made before the commit, here and below: what can't be answered is not kept.
            answer = caching.private(answers.with_secret(made, shown(secret)), 201, headers)
        log.info("webhook.created", webhook=str(made.id))
        return answer

    @described(ORGANISERS, told.WEBHOOK, takes=(told.WEBHOOK_ID,), opened_by=KEY)
    async def show_webhook(self, request: web.Request) -> web.Response:
        """Read a webhook."""
        caller = await self.door.caller(request, "read")
        async with connection(self.pool) as held:
            webhook = await own_webhook(held, caller, request)
        return caching.private(answers.webhook(webhook))

    @described(
        ORGANISERS,
        told.WEBHOOK,
        takes=(told.WEBHOOK_ID,),
        body=Patch(WebhookFields),
        body_example=told.WEBHOOK_PATCH,
        opened_by=KEY,
    )
    async def change_webhook(self, request: web.Request) -> web.Response:
        """Change, disable or enable a webhook.

        A JSON Merge Patch (RFC 7396): what is left out stays. While it is disabled nothing is kept for it; what was
        waiting before goes when it is enabled again.
        """
        caller = await self.door.caller(request, "write")
        patch, _ = await read_json(request)
        async with transaction(self.pool) as held:
            webhook = await own_webhook(held, caller, request, lock=True)
            document = merged(WebhookFields.document(webhook), patch)
            wanted, faults = parse_webhook(document, allow_private=self.allow_private)
            if wanted is None:
                raise invalid(faults)
            return caching.private(answers.webhook(await webhooks.change(held, webhook, wanted)))

    @described(ORGANISERS, told.DELETED, takes=(told.WEBHOOK_ID,), opened_by=KEY)
    async def delete_webhook(self, request: web.Request) -> web.Response:
        """Delete a webhook, with its log."""
        caller = await self.door.caller(request, "write")
        async with transaction(self.pool) as held:
            webhook = await own_webhook(held, caller, request)
            await webhooks.remove(held, webhook)
        log.info("webhook.deleted", webhook=str(webhook.id))
        return web.Response(status=204, headers=caching.PRIVATE)

    @described(ORGANISERS, told.ROTATED, takes=(told.WEBHOOK_ID,), opened_by=KEY)
    async def rotate_secret(self, request: web.Request) -> web.Response:
        """Give a webhook a new secret.

        For 24 hours each delivery carries two signatures, by the new secret and by the one before.
        """
        caller = await self.door.caller(request, "write")
        secret = new_secret()
        async with transaction(self.pool) as held:
            webhook = await own_webhook(held, caller, request, lock=True)
            await webhooks.replace_secret(held, webhook, self.vault.seal(secret, webhook.id), BOTH_SECRETS)
            answer = caching.private(answers.with_secret(webhook, shown(secret)))
        log.info("webhook.secret-rotated", webhook=str(webhook.id))
        return answer


async def own_webhook(held: Connection, caller: Caller, request: web.Request, *, lock: bool = False) -> Webhook:
    """The webhook in the request's path, if it is the caller's. Raises `Problem` not-found."""
    identity = id_in(request, "webhook")
    webhook = await webhooks.mine(held, caller.id, identity, lock=lock) if identity else None
    if webhook is None:
        raise not_found(NO_SUCH_WEBHOOK)
    return webhook


def id_in(request: web.Request, name: str) -> UUID | None:
    """The id at this place of the path; None for what is none."""
    try:
        return UUID(request.match_info[name])
    except ValueError:
        return None
