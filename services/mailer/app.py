"""The mailer, wired: what is told of an order becomes a mail in the buyer's inbox."""

from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from aiohttp import web

from services.mailer.composing import Composer
from services.mailer.handlers import OrderMails
from services.mailer.journal import MailJournal
from services.mailer.lines import Lines
from services.mailer.measuring import MailMeasures
from services.mailer.posting import Post
from services.mailer.settings import MailerSettings
from services.mailer.signing_in import SignInMail
from shared import bus as buses
from shared import service
from shared.background import Background
from shared.bus import Bus
from shared.database import Pool, close_pool, open_pool, ready
from shared.housekeeping import forgetting
from shared.metrics import Metrics
from shared.object_store import open_store
from shared.outbox import Relay
from shared.queues import declare_all, queues_of
from shared.web import MAX_BODY_BYTES, health, problems

PORT = 8082
LINES = 8


def main(port: int | None = None) -> int:
    return service.run("mailer", MailerSettings, partial(wire, port=port or PORT))


async def wire(settings: MailerSettings, parts: AsyncExitStack, *, port: int) -> None:
    metrics = Metrics()
    objects = open_store(settings.store)
    pool = await open_pool(settings.database, "mailer")
    parts.push_async_callback(close_pool, pool)
    lines = Lines(settings.server, hello=settings.sender.domain, size=LINES)
    parts.push_async_callback(lines.close)
    background = Background()
    parts.push_async_callback(background.close)
    bus = metrics.counted(await buses.connect(settings.broker, source="mailer"))
    parts.push_async_callback(bus.close)
    await declare_all(bus)

    relay = Relay(pool, bus)
    metrics.sample_outbox(relay)
    metrics.sample_queues(bus, queues_of("mailer"))
    background.start("relay", relay.run)
    background.start("inbox", forgetting(pool))
    background.start("event loop", metrics.watch_the_loop)
    background.start("lines", lines.tend)
    composer = Composer(settings.sender, settings.public_url)
    measures = MailMeasures(metrics.registry)
    metrics.sample(partial(measures.look_for_doubts, pool))
    journal = MailJournal(settings.journal)
    post = Post(pool, lines, settings.sender, on_commit=relay.wake, measures=measures, journal=journal)
    await OrderMails(pool, objects, composer, post).subscribe(bus)
    await SignInMail(composer, post).subscribe(bus)

    app = web.Application(middlewares=[problems], client_max_size=MAX_BODY_BYTES)
    app.add_routes(health(partial(_ready, pool, bus)) + metrics.routes())
    metrics.time_requests(app)
    await service.listen(parts, app, port)


async def _ready(pool: "Pool[Any]", bus: Bus) -> str | None:
    if reason := await ready(pool):
        return reason
    return None if bus.healthy() else "the broker does not answer"
