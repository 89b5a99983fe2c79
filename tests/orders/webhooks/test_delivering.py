"""One attempt, over real HTTP: what is sent, and what is not called."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from standardwebhooks import WebhookVerificationError

from services.orders.webhooks import dialling
from services.orders.webhooks.delivering import DRAINED_BYTES, deliver, signatures
from services.orders.webhooks.dialling import open_session
from services.orders.webhooks.outcomes import Answered, Outcome, Unanswered
from services.orders.webhooks.vault import new_secret, shown
from shared.identifiers import uuid7
from tests.orders.webhooks.endpoint import Endpoint, saying
from tests.servers.programs import free_port

BODY = json.dumps({"type": "order.placed", "data": {"buyer": "Zoë"}}, ensure_ascii=False).encode()
SECRET = new_secret()


async def attempt(http: aiohttp.ClientSession, url: str, within: float = 15.0) -> Outcome:
    return await deliver(http, url, uuid7(), BODY, [SECRET], within)


async def test_a_receiver_can_verify_what_it_gets(http: aiohttp.ClientSession, endpoint: Endpoint) -> None:
    message = uuid7()
    assert await deliver(http, endpoint.url, message, BODY, [SECRET]) == Answered(204)
    (got,) = endpoint.received
    assert got.verified(shown(SECRET)) == json.loads(BODY)
    assert (got.body, got.id, got.headers["content-type"]) == (BODY, str(message), "application/json")
    with pytest.raises(WebhookVerificationError):
        got.verified(shown(new_secret()))


async def test_with_two_secrets_either_verifies(http: aiohttp.ClientSession, endpoint: Endpoint) -> None:
    old = new_secret()
    await deliver(http, endpoint.url, uuid7(), BODY, [SECRET, old])
    assert endpoint.received[0].verified(shown(SECRET)) == endpoint.received[0].verified(shown(old))


def test_the_example_of_the_specification_is_signed_as_it_says() -> None:
    """Symmetric scheme: HMAC-SHA256 over id, timestamp and body, joined by dots."""
    import hashlib
    import hmac

    message, now = uuid7(), datetime(2027, 5, 1, 12, 0, 30, 987654, tzinfo=UTC)
    headers = signatures(message, BODY, [SECRET], now)
    signed = f"{message}.{int(now.timestamp())}.".encode() + BODY
    expected = base64.b64encode(hmac.digest(SECRET, signed, hashlib.sha256)).decode()
    assert headers == {
        "webhook-id": str(message),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": f"v1,{expected}",
    }


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(
    http: aiohttp.ClientSession, endpoint: Endpoint, other_endpoint: Endpoint, status: int
) -> None:
    endpoint.answers.append(saying(status, Location=other_endpoint.url))
    assert await attempt(http, endpoint.url) == Answered(status)
    assert (len(endpoint.received), other_endpoint.received) == (1, [])


async def test_a_receiver_that_hangs_is_left_when_the_time_is_over(
    http: aiohttp.ClientSession, endpoint: Endpoint
) -> None:
    endpoint.answers.append(endpoint.hang)
    assert await attempt(http, endpoint.url, within=0.2) == Unanswered("No answer within 0.2 seconds.")
    assert len(endpoint.received) == 1


async def test_an_answer_without_end_is_not_listened_to(http: aiohttp.ClientSession, endpoint: Endpoint) -> None:
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)
            sent += 65536

    hung_up = asyncio.Event()

    async def flooding(request: web.Request) -> web.StreamResponse:
        try:
            return await flood(request)
        except (ConnectionError, asyncio.CancelledError):
            hung_up.set()
            raise

    endpoint.answers.append(flooding)
    assert await attempt(http, endpoint.url) == Answered(200)
    async with asyncio.timeout(20):
        await hung_up.wait()
    assert sent < 500 * DRAINED_BYTES


async def test_a_connection_is_used_again(http: aiohttp.ClientSession, endpoint: Endpoint) -> None:
    peers = set()

    async def remember(request: web.Request) -> web.StreamResponse:
        peers.add(request.transport.get_extra_info("peername") if request.transport else None)
        return web.Response(text="thanks")

    endpoint.answers += [remember, remember, remember]
    for _ in range(3):
        assert await attempt(http, endpoint.url) == Answered(200)
    assert len(peers) == 1


async def test_retry_after_is_told(http: aiohttp.ClientSession, endpoint: Endpoint) -> None:
    endpoint.answers.append(saying(503, Retry_After="120"))
    outcome = await attempt(http, endpoint.url)
    assert isinstance(outcome, Answered)
    assert outcome.asked
    assert (outcome.status, outcome.asked.total_seconds()) == (503, 120)


async def test_what_can_not_be_reached_is_told_in_words(http: aiohttp.ClientSession, free_port: int) -> None:
    assert await attempt(http, f"http://127.0.0.1:{free_port}/") == Unanswered("It can't be connected to.")
    assert await attempt(http, "http://nobody.invalid/") == Unanswered("The name of its host can't be found.")
    assert await attempt(http, "http://127.1/") == Unanswered("Its URL can't be called.")


async def test_a_receiver_that_speaks_no_tls_is_told_in_words(http: aiohttp.ClientSession, endpoint: Endpoint) -> None:
    outcome = await attempt(http, endpoint.url.replace("http:", "https:"))
    assert outcome == Unanswered("No secure connection: its certificate or its TLS is not in order.")


@pytest.mark.parametrize(
    ("said", "reason"),
    [(b"", "The connection was lost before it answered."), (b"220 smtp ready\r\n\r\n", "What it answered is no HTTP.")],
)
async def test_a_receiver_that_does_not_speak_http_is_told_in_words(
    http: aiohttp.ClientSession, said: bytes, reason: str
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await attempt(http, f"http://127.0.0.1:{port}/") == Unanswered(reason)


# What follows concerns addresses that are not public: the same session as in earnest, without the setting.


@pytest.fixture
async def guarded() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session(allow_private=False) as session:
        yield session


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, list[str]]]:
    """A port of this machine on all its addresses, and who connected to it."""
    callers: list[str] = []

    async def call(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.append(writer.get_extra_info("peername")[0])
        writer.close()

    server = await asyncio.start_server(call, "127.0.0.1", free_port())
    async with server:
        yield server.sockets[0].getsockname()[1], callers


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "10.0.0.1", "169.254.169.254"],  # noqa: S104
)
async def test_no_connection_is_made_to_an_address_that_is_not_public(
    guarded: aiohttp.ClientSession, host: str
) -> None:
    async with listening() as (port, callers):
        outcome = await attempt(guarded, f"http://{host}:{port}/")
    assert isinstance(outcome, Unanswered)
    assert "not public" in outcome.reason
    assert callers == []


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.0.0.1"])
async def test_no_notation_of_an_address_gets_around_that(guarded: aiohttp.ClientSession, host: str) -> None:
    async with listening() as (port, callers):
        outcome = await attempt(guarded, f"http://{host}:{port}/")
    assert isinstance(outcome, Unanswered)
    assert callers == []


async def test_a_name_that_leads_to_this_machine_is_not_called(
    guarded: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a name server under an attacker's hand would have it: the second answer differs from the first."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        addresses = ["10.0.0.1", "127.0.0.1"] if len(asked) == 1 else ["127.0.0.1"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(dialling, "DNS_CACHE_SECONDS", 0)
    async with listening() as (port, callers), open_session(allow_private=False) as session:
        for _ in range(2):
            outcome = await attempt(session, f"http://hooks.example.org:{port}/")
            assert isinstance(outcome, Unanswered)
            assert "not public" in outcome.reason
    assert asked == ["hooks.example.org", "hooks.example.org"]
    assert callers == []


async def test_no_proxy_of_the_environment_is_used(
    http: aiohttp.ClientSession, endpoint: Endpoint, other_endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", other_endpoint.url)
    assert await attempt(http, endpoint.url) == Answered(204)
    assert other_endpoint.received == []


async def test_names_that_hang_hold_up_nobody_elses(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """More hanging look-ups than Python has threads for them by itself: the name of the healthy one is found."""
    import threading

    released, real = threading.Event(), socket.getaddrinfo

    def getaddrinfo(host: str, port: int, **more: Any) -> list[Any]:
        if host.startswith("slow"):
            released.wait()
            raise socket.gaierror("no such name")
        return real("127.0.0.1", port, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    async with open_session(allow_private=True) as session:
        slow = [asyncio.create_task(attempt(session, f"http://slow{n}.example.org/")) for n in range(40)]
        try:
            assert await attempt(session, f"http://hooks.example.org:{endpoint.port}/") == Answered(204)
            assert not any(task.done() for task in slow)
        finally:
            released.set()
            await asyncio.gather(*slow)
