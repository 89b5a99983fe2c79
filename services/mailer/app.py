"""The mailer, wired: what is told of an order becomes a mail in the buyer's inbox."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from aiohttp import web

from services.mailer.composing import Composer
from services.mailer.handlers import OrderMails
from services.mailer.hello import LOOPBACK
from services.mailer.journal import MailJournal
from services.mailer.lines import Lines
from services.mailer.measuring import MailMeasures
from services.mailer.posting import Post
from services.mailer.presence import Presence
from services.mailer.settings import MailerSettings
from services.mailer.signing_in import SignInMail
from services.mailer.standing import Standing
from shared import bus as buses
from shared import service
from shared.background import Background
from shared.bus import Bus
from shared.database import close_pool, open_pool
from shared.housekeeping import forgetting
from shared.metrics import Metrics
from shared.object_store import open_store
from shared.outbox import Relay
from shared.queues import declare_all, queues_of
from shared.readiness import Readiness
from shared.web import MAX_BODY_BYTES, health, problems

PORT = 8082
LINES = 8
RESOLVE_SECONDS = 2.0


def main(port: int | None = None) -> int:
    return service.run("mailer", MailerSettings, partial(wire, port=port or PORT))


async def wire(settings: MailerSettings, parts: AsyncExitStack, *, port: int) -> None:
    metrics = Metrics()
    objects = open_store(settings.store)
    bus = await buses.connect(settings.broker, source="mailer", database=settings.database)
    direct, bus = buses.direct_publisher(bus), metrics.counted(bus)
    pool = await open_pool(settings.database, "mailer", publisher=direct)
    parts.push_async_callback(close_pool, pool)
    # A beat must not wait for those who are busy.
    beats = await open_pool(settings.database, "mailer", size=1)
    parts.push_async_callback(close_pool, beats)
    presence = Presence(beats)
    lines = Lines(settings.server, hello=await _hello(settings), size=LINES)
    parts.push_async_callback(lines.close)
    background = Background()
    parts.push_async_callback(background.close)
    parts.push_async_callback(bus.close)
    await declare_all(bus)

    relay = Relay(pool, bus, direct)
    metrics.sample_outbox(relay)
    metrics.sample_queues(bus, queues_of("mailer"))
    background.start("relay", relay.run)
    background.start("inbox", forgetting(pool))
    background.start("event loop", metrics.watch_the_loop)
    background.start("lines", lines.tend)
    composer = Composer(settings.sender, settings.public_url)
    measures = MailMeasures(metrics.registry)
    metrics.sample(partial(measures.look_for_doubts, pool))
    standing = Standing(on_change=measures.trouble)
    background.start("presence", presence.run)
    post = Post(
        pool,
        lines,
        settings.sender,
        on_commit=relay.wake,
        measures=measures,
        presence=presence,
        standing=standing,
        journal=MailJournal(settings.journal),
    )
    parts.push_async_callback(post.close)
    # Closed first, and once more by its own turn: no new mails come while the last are recorded.
    parts.push_async_callback(bus.close)
    await OrderMails(pool, objects, composer, post).subscribe(bus)
    await SignInMail(composer, post).subscribe(bus)

    app = web.Application(middlewares=[problems], client_max_size=MAX_BODY_BYTES)
    app.add_routes(health(partial(_ready, Readiness(pool), bus, standing)) + metrics.routes())
    metrics.time_requests(app)
    await service.listen(parts, app, port)


async def _hello(settings: MailerSettings) -> str:
    """A resolver that does not answer keeps no service from starting."""
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            return await asyncio.to_thread(lambda: settings.hello)
    except TimeoutError:
        return LOOPBACK


async def _ready(database: Readiness, bus: Bus, standing: Standing) -> str | None:
    if reason := await database.reason():
        return reason
    return standing.trouble if bus.healthy() else "the broker does not answer"
