"""The orders service's other process, wired: it tells organisers' endpoints, so that none of them slows a buyer."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import Any

from aiohttp import web

from services.orders.settings import OrdersSettings
from services.orders.store import webhook_deliveries as store
from services.orders.webhooks.courier import Courier, Limits
from services.orders.webhooks.dialling import open_session
from services.orders.webhooks.handlers import SERVICE, FanOut
from services.orders.webhooks.measuring import DeliveryMeasures
from services.orders.webhooks.vault import Vault
from shared import bus as buses
from shared import keyring, service
from shared.background import Background, repeatedly
from shared.bus import Bus
from shared.database import Pool, close_pool, connection, open_pool
from shared.metrics import Metrics
from shared.queues import declare_all, queues_of
from shared.readiness import Readiness
from shared.web import MAX_BODY_BYTES, health, problems

PORT = 8083
KEPT = timedelta(days=30)
SWEEP_SECONDS = 60.0
# Leaves the database to others between steps.
PAUSE_SECONDS = 0.05
BATCH = 1000


def main(port: int | None = None) -> int:
    return service.run("webhooks", OrdersSettings, partial(wire, port=port or PORT))


async def wire(settings: OrdersSettings, parts: AsyncExitStack, *, port: int, limits: Limits | None = None) -> None:
    metrics, vault = Metrics(), Vault(keyring.load(settings.key_file))
    pool = await open_pool(settings.database, "orders")
    parts.push_async_callback(close_pool, pool)
    http = open_session(allow_private=settings.webhooks_allow_private)
    parts.push_async_callback(http.close)
    background = Background()
    parts.push_async_callback(background.close)
    bus = metrics.counted(await buses.connect(settings.broker, source="webhooks"))
    parts.push_async_callback(bus.close)
    await declare_all(bus)

    metrics.sample_queues(bus, queues_of(SERVICE))
    courier = Courier(pool, http, vault, limits, DeliveryMeasures(metrics.registry))
    background.start("courier", courier.run)
    background.start("housekeeping", partial(sweeping, pool))
    background.start("event loop", metrics.watch_the_loop)
    await FanOut(pool, courier.wake).subscribe(bus)

    app = web.Application(middlewares=[problems], client_max_size=MAX_BODY_BYTES)
    app.add_routes(health(partial(_ready, Readiness(pool), bus)) + metrics.routes())
    metrics.time_requests(app)
    await service.listen(parts, app, port)


async def sweeping(pool: "Pool[Any]", kept: timedelta = KEPT) -> None:
    """What is past its time goes, a thousand at a time. Safe side by side."""

    async def sweep() -> None:
        while await _sweep(pool, kept):
            await asyncio.sleep(PAUSE_SECONDS)

    await repeatedly(sweep, SWEEP_SECONDS, "housekeeping")


async def _sweep(pool: "Pool[Any]", kept: timedelta) -> int:
    async with connection(pool) as held:
        return await store.forget(held, kept, BATCH)


async def _ready(database: Readiness, bus: Bus) -> str | None:
    if reason := await database.reason():
        return reason
    return None if bus.healthy() else "the broker does not answer"
