"""The webhooks' part of the organisers' API, which `serve orders` answers."""

from typing import Any

from aiohttp import web

from services.orders.settings import OrdersSettings
from services.orders.webhooks.api import WebhooksApi
from services.orders.webhooks.log_api import WebhookLogApi
from services.orders.webhooks.vault import Vault
from shared.api_keys import Doorkeeper
from shared.database import Pool
from shared.keyring import Keyring


def routes(pool: "Pool[Any]", door: Doorkeeper, keys: Keyring, settings: OrdersSettings) -> list[web.RouteDef]:
    api = WebhooksApi(pool, door, Vault(keys), settings.public_url, settings.webhooks_allow_private)
    return api.routes() + WebhookLogApi(pool, door).routes()
