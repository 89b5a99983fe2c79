"""A changed event is taken out of every cache in front."""

import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from services.orders.purging import ATTEMPTS, Purger
from services.orders.settings import OrdersSettings
from shared.bus import Delivery, Done, Later
from shared.messages import EventChanged, EventDetails, Organiser, Venue, message
from tests.servers.programs import free_port

EVENT = str(UUID(int=7))
KEYS = f"event-{EVENT} events"


class Cache:
    """Takes purges, unless it is told to refuse."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.taken: list[str] = []
        self.status = 200

    async def purge(self, request: web.Request) -> web.Response:
        assert request.method == "PURGE"
        self.taken.append(request.headers["Surrogate-Key"])
        return web.Response(status=self.status)


@pytest.fixture
async def caches() -> AsyncIterator[tuple[Cache, Cache]]:
    both = Cache(), Cache()
    runners = []
    for cache in both:
        app = web.Application()
        app.router.add_route("*", "/", cache.purge)
        runners.append(web.AppRunner(app, access_log=None))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", cache.port).start()
    yield both
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def changed() -> EventChanged:
    details = EventDetails(EVENT, "s", "S", "", Venue("", ""), datetime.now(UTC), None, "UTC", "O")
    return EventChanged(
        event=details, organiser=Organiser("1", "O"), ticket_types=(), published=True, version=2, changed=("name",)
    )


def delivery(attempt: int = 1) -> Delivery:
    return Delivery(message(changed(), source="test"), "edge.event-changed", attempt)


async def test_every_cache_is_told_at_once_and_again_when_no_shelf_has_it(
    caches: tuple[Cache, Cache], http: aiohttp.ClientSession
) -> None:
    purger = Purger(http, [cache.url for cache in caches], shelves_forget=0.01)
    assert await purger.purge(changed(), delivery()) == Done()
    assert [cache.taken for cache in caches] == [[KEYS, KEYS]] * 2


@pytest.mark.parametrize("status", [405, 500])
async def test_a_cache_that_does_not_take_it_is_told_again_while_that_is_of_use(
    caches: tuple[Cache, Cache], http: aiohttp.ClientSession, status: int
) -> None:
    caches[1].status = status
    purger = Purger(http, [cache.url for cache in caches], shelves_forget=0)
    verdict = await purger.purge(changed(), delivery(attempt=ATTEMPTS - 1))
    assert verdict == Later(f"not purged: {caches[1].url}")
    assert caches[0].taken == [KEYS, KEYS]
    assert await purger.purge(changed(), delivery(attempt=ATTEMPTS)) == Done()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "no-such-cache.invalid"])
async def test_a_cache_that_is_gone_holds_nothing_and_is_told_of_once(
    http: aiohttp.ClientSession, free_port: int, host: str
) -> None:
    purger = Purger(http, [f"http://{host}:{free_port}"], shelves_forget=0)
    with capture_logs() as logs:
        for _ in range(2):
            assert await purger.purge(changed(), delivery()) == Done()
    assert [line["event"] for line in logs] == ["edge.cache-away"]


async def test_a_cache_that_does_not_answer_is_tried_again(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.orders.purging.ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        purger = Purger(http, [f"http://127.0.0.1:{silent.getsockname()[1]}"], shelves_forget=0)
        assert isinstance(await purger.purge(changed(), delivery()), Later)


async def test_without_caches_there_is_nothing_to_do(http: aiohttp.ClientSession) -> None:
    assert await Purger(http, (), shelves_forget=1000).purge(changed(), delivery()) == Done()


def test_caches_are_told_apart_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PURGE_URLS", "http://a:6082/, http://b:6082,")
    assert OrdersSettings().caches == ("http://a:6082", "http://b:6082")
    monkeypatch.setenv("PURGE_URLS", "")
    assert OrdersSettings().caches == ()
