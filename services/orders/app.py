"""The orders service, wired: answers HTTP at once, publishes, follows what the others report."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
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
from services.orders.reconciling.measuring import ReconcilerMeasures
from services.orders.reconciling.rules import Waits
from services.orders.reconciling.worker import Reconciler
from services.orders.reports_api import ReportsApi
from services.orders.settings import OrdersSettings
from services.orders.tokens import Tokens
from services.orders.webhooks import routes as webhooks
from shared import bus as buses
from shared import keyring, service
from shared.background import Background, repeatedly
from shared.database import Pool, close_pool, connection, open_pool
from shared.flags import Flags, open_flags
from shared.housekeeping import forgetting
from shared.keyring import Keyring
from shared.metrics import Metrics
from shared.object_store import ObjectStore, open_store
from shared.outbox import Relay
from shared.queues import declare_all, queues_of
from shared.readiness import Readiness
from shared.web import MAX_BODY_BYTES, health, problems_told

PORT = 8080
HOUSEKEEPING_SECONDS = 60.0


def main(port: int | None = None) -> int:
    return service.run("orders", OrdersSettings, partial(wire, port=port or PORT))


@dataclass(frozen=True, slots=True)
class Opened:
    """What the service keeps open while it runs."""

    settings: OrdersSettings
    keys: Keyring
    metrics: Metrics
    objects: ObjectStore
    pool: "Pool[Any]"
    bus: buses.Bus
    background: Background
    asking: Asking
    flags: Flags
    relay: Relay
    placer: Placer
    desk: NewsDesk


async def wire(
    settings: OrdersSettings,
    parts: AsyncExitStack,
    *,
    port: int,
    limits: Limits | None = None,
    waits: Waits | None = None,
) -> web.Application:
    opened = await _open(settings, parts, limits)
    _keep_running(opened, waits)
    await Follower(opened.pool).subscribe(opened.bus)
    calls = await parts.enter_async_context(aiohttp.ClientSession())
    await Purger(calls, settings.caches).subscribe(opened.bus)
    app = _application(opened)
    await service.listen(parts, app, port)
    return app


async def _open(settings: OrdersSettings, parts: AsyncExitStack, limits: Limits | None) -> Opened:
    metrics, keys, objects = Metrics(), keyring.load(settings.key_file), open_store(settings.store)
    bus = await buses.connect(settings.broker, source="orders", database=settings.database)
    direct, bus = buses.direct_publisher(bus), metrics.counted(bus)
    pool = await open_pool(settings.database, "orders", publisher=direct)
    parts.push_async_callback(close_pool, pool)
    parts.push_async_callback(bus.close)
    await declare_all(bus)
    background = Background()
    parts.push_async_callback(background.close)
    relay = Relay(pool, bus, direct)
    doorway = Doorway(pool, settings.public_url, on_commit=relay.wake)
    asking = Asking(doorway, Cookies(settings.public_url), settings.proxies)
    flags = await open_flags(settings, "orders", parts, background, asking.whose)
    placer = Placer(pool, on_commit=relay.wake, limits=limits, measures=OrderMeasures(metrics.registry))
    desk = NewsDesk(settings.database)
    return Opened(settings, keys, metrics, objects, pool, bus, background, asking, flags, relay, placer, desk)


def _keep_running(opened: Opened, waits: Waits | None) -> None:
    metrics, background, placer = opened.metrics, opened.background, opened.placer
    metrics.sample_outbox(opened.relay)
    metrics.sample_queues(opened.bus, queues_of("orders") + queues_of("edge"))
    background.start("relay", partial(opened.relay.run, crowded=lambda: placer.crowded))
    measures = ReconcilerMeasures(metrics.registry)
    metrics.sample(partial(measures.sample, opened.pool))
    background.start("reconciler", Reconciler(opened.pool, opened.bus, opened.relay, waits, measures).run)
    background.start("inbox", forgetting(opened.pool))
    background.start("event loop", metrics.watch_the_loop)
    background.start("placer", placer.run)
    background.start("news desk", opened.desk.run)
    background.start("housekeeping", partial(forget_the_past, opened.pool))


def _application(opened: Opened) -> web.Application:
    settings, pool, flags, relay = opened.settings, opened.pool, opened.flags, opened.relay
    url, tokens = settings.public_url, Tokens(opened.keys)
    shelf, site, door = Shelf(pool), Site(), doorkeeper(pool)
    checkout, access = Checkout(shelf, opened.placer, flags), Access(pool, tokens, door)
    aftersales = AfterSales(pool, shelf, flags, on_commit=relay.wake)
    downloads = Downloads(opened.objects, aftersales)
    described = [
        *EventsApi(pool, shelf, door).routes(),
        *EditingApi(pool, shelf, door, url, on_commit=relay.wake).routes(),
        *OrdersApi(pool, checkout, aftersales, opened.desk, downloads, tokens, access, url).routes(),
        *ReportsApi(pool, door, url).routes(),
        *SignInApi(opened.asking).routes(),
        *webhooks.routes(pool, door, opened.keys, settings),
        *health(Readiness(pool).reason),
        *opened.metrics.routes(),
    ]
    app = web.Application(middlewares=[preflight, problems_told(site.tell)], client_max_size=MAX_BODY_BYTES)
    app.add_routes(described + contract.routes(described, url))
    bought = (access, aftersales, downloads)
    app.add_routes(pages.routes(site, shelf, checkout, *bought, opened.asking, Seals(opened.keys), url))
    cross_origin(app, settings.origins)
    opened.metrics.time_requests(app)
    return app


async def forget_the_past(pool: "Pool[Any]") -> None:
    """Idempotency keys, links and sessions past their lifetime go, a thousand a minute at a time."""

    async def forget() -> None:
        async with connection(pool) as held:
            await store.forget_old_answers(held)
            await store.forget_links(held)

    await repeatedly(forget, HOUSEKEEPING_SECONDS, "housekeeping")
