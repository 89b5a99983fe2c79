"""The numbers that every service has: requests, messages, the outbox, the event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import product

import structlog
from aiohttp import web
from prometheus_client import Gauge, Histogram

from shared.bus import Bus, direct_publisher
from shared.bus.protocol import BusUnavailable
from shared.database import DatabaseUnavailable
from shared.metrics import requests, showing
from shared.metrics.traffic import CountedBus, Traffic
from shared.openapi import Gives, described
from shared.outbox import Relay

log = structlog.get_logger()

LOOK_SECONDS = 0.25
# A scrape does not wait longer for a database or a broker that does not answer.
SAMPLE_SECONDS = 2.0
STATES = ("ready", "in_flight", "waiting", "dead")
UNKNOWN = float("nan")

Sample = Callable[[], Awaitable[None]]


class Metrics:
    """Of one service's process. `registry` is where its own rooms add what only they know."""

    def __init__(self) -> None:
        self.registry = showing.new_registry()
        self._samples: list[Sample] = []
        self._traffic = Traffic(self.registry)
        self._requests = requests.Requests(self.registry)
        self._lag = Histogram(
            "boxoffice_event_loop_lag_seconds",
            "How much later than asked for the event loop came back.",
            registry=self.registry,
            buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
        )

    def counted(self, bus: Bus) -> Bus:
        """The bus, with what is published and handled counted."""
        if direct := direct_publisher(bus):
            direct.observe = self._traffic.enqueued
        return CountedBus(bus, self._traffic)

    def time_requests(self, app: web.Application) -> None:
        """Every request of `app`, whatever becomes of it."""
        app.middlewares.insert(0, self._requests.timed)

    def sample(self, sample: Sample) -> None:
        """Have `sample` set its gauges before each scrape. It may raise `DatabaseUnavailable` or `BusUnavailable`."""
        self._samples.append(sample)

    def sample_outbox(self, relay: Relay) -> None:
        waiting = self._gauge("boxoffice_outbox_messages", "Messages that are committed and not yet confirmed.")
        parked = self._gauge("boxoffice_outbox_parked_messages", "Those of them that were refused and wait.")
        oldest = self._gauge("boxoffice_outbox_oldest_seconds", "The age of the oldest of them.")

        async def look() -> None:
            for gauge in (waiting, parked, oldest):
                gauge.set(UNKNOWN)
            backlog = await relay.backlog()
            waiting.set(backlog.count)
            parked.set(backlog.parked)
            oldest.set(backlog.oldest.total_seconds() if backlog.oldest else 0)

        self.sample(look)

    def sample_queues(self, bus: Bus, queues: Sequence[str]) -> None:
        messages = self._gauge("boxoffice_queue_messages", "Messages in a queue, by state.", "queue", "state")

        async def look() -> None:
            for queue, state in product(queues, STATES):
                messages.labels(queue, state).set(UNKNOWN)
            for status in await bus.status(queues):
                for state in STATES:
                    messages.labels(status.queue, state).set(getattr(status, state))

        self.sample(look)

    async def watch_the_loop(self) -> None:
        """For `Background.start`."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_SECONDS
            await asyncio.sleep(LOOK_SECONDS)
            self._lag.observe(max(0.0, loop.time() - due))

    def routes(self) -> list[web.RouteDef]:
        @described("Operating", Gives(200, "Numbers in Prometheus's text format.", media="text/plain"))
        async def show(_: web.Request) -> web.Response:
            """What the service counts of itself.

            Inside an installation only: the edge does not let it through.
            """
            await asyncio.gather(*map(_tried, self._samples))
            body = await asyncio.to_thread(showing.shown, self.registry)
            return web.Response(body=body, headers={"Content-Type": showing.KIND, "Cache-Control": "no-store"})

        return [web.get("/metrics", show)]

    def _gauge(self, name: str, summary: str, *labels: str) -> Gauge:
        return Gauge(name, summary, labels, registry=self.registry, multiprocess_mode="livemostrecent")


async def _tried(sample: Sample) -> None:
    try:
        async with asyncio.timeout(SAMPLE_SECONDS):
            await sample()
    except (DatabaseUnavailable, BusUnavailable, TimeoutError) as error:
        log.info("metrics.not-sampled", reason=type(error).__name__)
