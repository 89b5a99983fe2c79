"""The orders service, wired: answers HTTP at once, publishes, follows what the others report."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web

from services.orders import contract, store
from services.orders.access import Access
from services.orders.accounts.api import SignInApi
from services.orders.accounts.asking import Asking
from services.orders.accounts.cookies import Cookies
from services.orders.accounts.seals import Seals
from services.orders.accounts.signing_in import Doorway
from services.orders.accounts.visitors import visitors
from services.orders.aftersales import AfterSales
from services.orders.api import OrdersApi
from services.orders.batching import Limits, Placer
from services.orders.browsing import Shelf
from services.orders.checkout import Checkout
from services.orders.cors import cross_origin, preflight
from services.orders.downloading import Downloads
from services.orders.editing_api import EditingApi
from services.orders.events_api import EventsApi
from services.orders.handlers import Follower
from services.orders.measuring import OrderMeasures
from services.orders.organisers import doorkeeper
from services.orders.pages import routes as pages
from services.orders.pages.site import Site
from services.orders.progress import NewsDesk
from services.orders.purging import Purger
from services.orders.reports_api import ReportsApi
from services.orders.settings import OrdersSettings
from services.orders.tokens import Tokens
from services.orders.webhooks import routes as webhooks
from shared import bus as buses
from shared import keyring, service
from shared.background import Background
from shared.database import Pool, close_pool, connection, open_pool, ready
from shared.flags import open_flags
from shared.housekeeping import forgetting
from shared.metrics import Metrics
from shared.object_store import open_store
from shared.outbox import Relay
from shared.queues import declare_all, queues_of
from shared.web import MAX_BODY_BYTES, health, problems_told

PORT = 8080
HOUSEKEEPING_SECONDS = 60.0


def main(port: int | None = None) -> int:
    return service.run("orders", OrdersSettings, partial(wire, port=port or PORT))


async def wire(
    settings: OrdersSettings, parts: AsyncExitStack, *, port: int, limits: Limits | None = None
) -> web.Application:
    metrics, keys = Metrics(), keyring.load(settings.key_file)
    tokens = Tokens(keys)
    objects = open_store(settings.store)
    pool = await open_pool(settings.database, "orders")
    parts.push_async_callback(close_pool, pool)
    bus = metrics.counted(await buses.connect(settings.broker, source="orders"))
    parts.push_async_callback(bus.close)
    await declare_all(bus)
    background = Background()
    parts.push_async_callback(background.close)

    whose = visitors(pool, settings.public_url)
    flags = await open_flags(settings, "orders", parts, background, whose)
    relay = Relay(pool, bus)
    metrics.sample_outbox(relay)
    metrics.sample_queues(bus, queues_of("orders") + queues_of("edge"))
    placer = Placer(pool, on_commit=relay.wake, limits=limits, measures=OrderMeasures(metrics.registry))
    desk = NewsDesk(settings.database)
    background.start("relay", partial(relay.run, crowded=lambda: placer.crowded))
    background.start("inbox", forgetting(pool))
    background.start("event loop", metrics.watch_the_loop)
    background.start("placer", placer.run)
    background.start("news desk", desk.run)
    background.start("housekeeping", partial(forget_the_past, pool))
    await Follower(pool).subscribe(bus)
    await Purger(await parts.enter_async_context(aiohttp.ClientSession()), settings.caches).subscribe(bus)

    shelf, site, door = Shelf(pool), Site(), doorkeeper(pool)
    events = EventsApi(pool, shelf, door)
    edits = EditingApi(pool, shelf, door, settings.public_url, on_commit=relay.wake)
    checkout, access, downloads = Checkout(shelf, placer, flags), Access(pool, tokens, door), Downloads(objects)
    aftersales = AfterSales(pool, shelf, flags, on_commit=relay.wake)
    api = OrdersApi(pool, checkout, aftersales, desk, downloads, tokens, access, settings.public_url)
    doorway = Doorway(pool, settings.public_url, on_commit=relay.wake)
    asking = Asking(doorway, Cookies(settings.public_url), settings.proxies)
    app = web.Application(middlewares=[preflight, problems_told(site.tell)], client_max_size=MAX_BODY_BYTES)
    reports = ReportsApi(pool, door, settings.public_url)
    described = events.routes() + edits.routes() + api.routes() + reports.routes() + SignInApi(asking).routes()
    described += webhooks.routes(pool, door, keys, settings) + health(partial(ready, pool)) + metrics.routes()
    app.add_routes(described + contract.routes(described, settings.public_url))
    bought = (access, aftersales, downloads)
    app.add_routes(pages.routes(site, shelf, checkout, *bought, asking, Seals(keys), settings.public_url))
    cross_origin(app, settings.origins)
    metrics.time_requests(app)
    await service.listen(parts, app, port)
    return app


async def forget_the_past(pool: "Pool[Any]") -> None:
    """Idempotency keys, links and sessions past their lifetime go, a thousand a minute at a time."""
    while True:
        async with connection(pool) as held:
            await store.forget_old_answers(held)
            await store.forget_links(held)
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
