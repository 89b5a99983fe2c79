"""The tickets service, wired: an order placed becomes a PDF."""

from contextlib import AsyncExitStack
from functools import partial

from aiohttp import web

from services.tickets.codes import TicketSigner
from services.tickets.copying import Copyist
from services.tickets.designing import design_for
from services.tickets.handlers import Issuer
from services.tickets.measuring import RenderMeasures
from services.tickets.settings import TicketsSettings
from services.tickets.workers import RenderPool
from shared import bus as buses
from shared import keyring, service
from shared.background import Background
from shared.database import close_pool, open_pool
from shared.flags import open_flags
from shared.housekeeping import forgetting
from shared.metrics import Metrics
from shared.object_store import open_store
from shared.outbox import Relay
from shared.queues import declare_all, queues_of
from shared.readiness import Readiness
from shared.web import MAX_BODY_BYTES, health, problems

PORT = 8081


def main(port: int | None = None) -> int:
    return service.run("tickets", TicketsSettings, partial(wire, port=port or PORT))


async def wire(settings: TicketsSettings, parts: AsyncExitStack, *, port: int) -> None:
    metrics = Metrics()
    signer = TicketSigner(keyring.load(settings.key_file).derive("ticket-codes"))
    objects = open_store(settings.store)
    renderer = RenderPool(settings.render_processes, measures=RenderMeasures(metrics.registry))
    await renderer.start()
    parts.push_async_callback(renderer.close)
    bus = await buses.connect(settings.broker, source="tickets", database=settings.database)
    direct, bus = buses.direct_publisher(bus), metrics.counted(bus)
    pool = await open_pool(settings.database, "tickets", publisher=direct)
    parts.push_async_callback(close_pool, pool)
    parts.push_async_callback(bus.close)
    await declare_all(bus)
    background = Background()
    parts.push_async_callback(background.close)

    flags = await open_flags(settings, "tickets", parts, background)
    relay = Relay(pool, bus, direct)
    metrics.sample_outbox(relay)
    metrics.sample_queues(bus, queues_of("tickets"))
    background.start("relay", relay.run)
    background.start("inbox", forgetting(pool))
    background.start("event loop", metrics.watch_the_loop)
    issuer = Issuer(pool, renderer, objects, signer, on_commit=relay.wake, design=partial(design_for, flags))
    await issuer.subscribe(bus, concurrency=renderer.orders_at_once)
    await Copyist(pool).subscribe(bus)

    app = web.Application(middlewares=[problems], client_max_size=MAX_BODY_BYTES)
    app.add_routes(health(Readiness(pool).reason) + metrics.routes())
    metrics.time_requests(app)
    await service.listen(parts, app, port)
