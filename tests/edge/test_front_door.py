"""What the edge lets in, from whom how much, and where it sends it."""

import asyncio
import json
import os
import re
import signal
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.edge.visitors import PUBLIC, Seen, Service, service, visit
from tests.servers.edge import CONFIGURATION, PACKAGE, Edge, start_edge
from tests.servers.programs import free_port
from tests.servers.varnish import Varnish, installed, start_varnish
from tests.servers.waiting import eventually

SCRIPT = CONFIGURATION.parent / "self-signed.sh"
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class House:
    """The whole of it: `orders` twice and `tickets` once, a cache, and the edge in front."""

    edge: Edge
    http: aiohttp.ClientSession
    orders: tuple[Service, Service]
    tickets: Service
    varnish: Varnish


Build = Callable[..., Awaitable[House]]


async def echo(request: web.Request) -> web.Response:
    """What the service was told; pages are public."""
    told = {
        "method": request.method,
        "path": request.raw_path,
        "headers": {k.lower(): v for k, v in request.headers.items()},
    }
    public = request.path.startswith("/events/") and request.method == "GET"
    headers = PUBLIC if public else {"Cache-Control": "private, no-store"}
    return web.json_response(told, headers=headers | {"Server": "aiohttp", "X-Request-Id": "the service's own"})


@pytest.fixture
async def build() -> AsyncIterator[Build]:
    """`await build(EDGE_ORDERS=3)`: a house with these settings."""
    async with AsyncExitStack() as parts:

        async def build(**settings: object) -> House:
            one, two, tickets = [await parts.enter_async_context(service(free_port(), echo)) for _ in range(3)]
            inside = free_port()
            varnish = await start_varnish(inside, parts)
            places = {"ORDERS_1": one, "ORDERS_2": two, "TICKETS": tickets}
            edge = await start_edge(
                parts,
                **{name: f"127.0.0.1:{place.port}" for name, place in places.items()},
                EDGE_INSIDE=f"127.0.0.1:{inside}",
                VARNISH=varnish.url.removeprefix("http://"),
                VARNISH_INSIDE_PORT=varnish.inside.rpartition(":")[2],
                **settings,
            )
            http = await parts.enter_async_context(from_address("127.0.0.1", edge.url))
            house = House(edge, http, (one, two), tickets, varnish)
            await eventually(partial(_open, house))
            return house

        yield build


def from_address(address: str, base: str, **more: Any) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=0, local_addr=(address, 0), **more)
    return aiohttp.ClientSession(base, connector=connector, cookie_jar=aiohttp.DummyCookieJar())


async def _open(house: House) -> bool:
    """Whether the cache has seen by now that the service is well."""
    async with aiohttp.ClientSession(house.varnish.url) as http:
        return (await visit(http, "/events/first")).status == 200


async def order(http: aiohttp.ClientSession) -> Seen:
    async with http.post("/v1/orders", json={}) as response:
        return Seen(response.status, await response.text(), response.headers)


@pytest.mark.parametrize(("with_tls", "with_names"), [(False, False), (True, False), (False, True)])
async def test_the_configuration_is_sound_and_warns_of_nothing(
    with_tls: bool, with_names: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if with_names:
        monkeypatch.setenv("EDGE_RESOLVE", "yes")
    if with_tls:
        monkeypatch.setenv("EDGE_CERT", str(await a_certificate(tmp_path)))
    told = await run(await installed("haproxy", PACKAGE), "-c", "-f", str(CONFIGURATION))
    assert "Configuration file is valid" in told
    assert "WARNING" not in told


async def test_pages_come_from_the_cache_and_the_rest_from_the_services(build: Build) -> None:
    house = await build()
    assert [(await visit(house.http, "/events/x")).cache for _ in range(3)] == ["miss", "hit", "hit"]
    assert "X-Cache" not in (await order(house.http)).headers
    for path in ("/v1/orders/7K2MX-Q4P9D", "/v1/orders/7K2MX-Q4P9D/tickets.pdf"):
        assert "X-Cache" not in (await visit(house.http, path)).headers
    assert (await visit(house.http, "/orders/7K2MX-Q4P9D")).cache == "pass"
    async with house.http.post("/v1/check-ins", json={}) as response:
        assert response.status == 200
    assert dict(house.tickets.asked) == {"/v1/check-ins": 1}
    for _ in range(10):
        await order(house.http)
    assert all(process.asked["/v1/orders"] for process in house.orders)


async def test_strangers_claims_stay_outside_and_an_id_goes_through(build: Build) -> None:
    house = await build()
    claims = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "Forwarded": "for=6.6.6.6",
        "X-Original-URL": "/admin",
        "X-HTTP-Method-Override": "DELETE",
        "X-Real-IP": "6",
        "X-Request-Id": "the-id-of-a-client",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    for path in ("/events/y", "/v1/orders/7K2MX-Q4P9D"):
        seen = await visit(house.http, path, claims)
        heard = json.loads(seen.body)["headers"]
        assert heard["traceparent"] == claims["traceparent"]
        assert heard["x-request-id"] == seen.headers["X-Request-Id"] == "the-id-of-a-client"
        assert "6.6.6.6" not in heard["x-forwarded-for"]
        told = {
            "x-forwarded-host",
            "x-forwarded-proto",
            "forwarded",
            "x-original-url",
            "x-http-method-override",
            "x-real-ip",
        }
        assert told & heard.keys() == set()
        assert "Server" not in seen.headers
    for unsound in ("", "x", "a b c d e f g h", "<script>alert(1)</script>", "x" * 200):
        made = (await visit(house.http, "/events/y", {"X-Request-Id": unsound})).headers["X-Request-Id"]
        assert re.fullmatch(r"[0-9a-f-]{36}", made)
    lines = logged(house.edge)
    assert {"the-id-of-a-client"} < {line["request_id"] for line in lines}
    assert {line["network"] for line in lines} == {"127.0.0.0"}


async def test_no_log_has_what_opens_anything(build: Build) -> None:
    house = await build()
    for path in ("/sign-in/the-secret", "/v1/orders/7K2MX-Q4P9D?sig=the-secret"):
        assert "the-secret" in (await visit(house.http, path, {"Authorization": "the-secret"})).body
    assert "the-secret" not in json.dumps(logged(house.edge))
    assert {"/sign-in/-", "/v1/orders/7K2MX-Q4P9D"} <= {line["path"] for line in logged(house.edge)}


def logged(edge: Edge) -> list[dict[str, str]]:
    """The requests in its log."""
    log = (edge.folder / "haproxy.log").read_text()
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


@pytest.mark.parametrize(
    "path", ["/metrics", "/healthz", "/readyz", "//metrics", "/./readyz", "/%6detrics", "/metrics/", "/../healthz"]
)
async def test_how_the_services_fare_is_not_told_outside(build: Build, path: str) -> None:
    house = await build()
    status, head, body = await raw(house.edge, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (status, PROBLEM in head, json.loads(body)["status"]) == (404, True, 404)
    assert not any(path in process.asked for process in house.orders)


async def test_whoever_asks_too_much_waits_and_the_others_do_not(build: Build) -> None:
    house = await build(EDGE_ORDERS=3)
    answers = [await order(house.http) for _ in range(6)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429, 429]
    async with house.http.post("/events/x", data={}) as by_form:
        assert by_form.status == 429
    assert (await visit(house.http, "/events/x")).status == 200
    refused = answers[-1]
    assert refused.headers["Content-Type"] == PROBLEM
    assert int(refused.headers["Retry-After"]) > 0
    problem = json.loads(refused.body)
    assert problem["type"].endswith("rate-limited")
    assert (problem["status"], problem["instance"]) == (429, "/v1/orders")
    async with from_address("127.0.0.2", house.edge.url) as other:
        assert (await order(other)).status == 200


async def test_what_the_cache_answers_is_not_counted_and_what_it_asks_is(build: Build) -> None:
    house = await build(EDGE_REQUESTS=20)
    assert {(await visit(house.http, "/events/x")).status for _ in range(200)} == {200}
    statuses = [(await visit(house.http, f"/events/x?busting={n}")).status for n in range(40)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert statuses.count(200) <= 20


async def test_one_client_does_not_take_all_connections(build: Build) -> None:
    house = await build(EDGE_CONNECTIONS=10)
    port, lines = int(house.edge.url.rpartition(":")[2]), []
    with pytest.raises(OSError):  # noqa: PT012
        for _ in range(15):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            lines.append(writer)
            # One over the limit is closed at once; one within it would wait for a request.
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    assert await reader.read() == b""
                    raise ConnectionResetError
    assert len(lines) <= 11
    async with from_address("127.0.0.3", house.edge.url) as other:
        assert (await visit(other, "/events/x")).status == 200
    for writer in lines:
        writer.close()


async def test_a_slow_client_is_cut_before_it_costs_a_service_anything(build: Build) -> None:
    house = await build()
    start = "POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    half_a_head, half_a_body = await asyncio.gather(
        raw(house.edge, start), raw(house.edge, f"{start}Content-Length: 100\r\n\r\n{{")
    )
    assert half_a_head[0] == half_a_body[0] == 408
    assert PROBLEM in half_a_body[1]
    assert json.loads(half_a_body[2])["type"] == "urn:boxoffice:problem:timeout"
    assert not any(process.asked["/v1/orders"] for process in house.orders)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"GET / HTTP/1.1\r\nHost: x\r\nCookie: {'x' * 40_000}\r\n\r\n", 400),
        (f"GET /?{'x' * 5000} HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: x\r\n" + "".join(f"X-{n}: y\r\n" for n in range(200)) + "\r\n", 400),
        ("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("PURGE /events/x HTTP/1.1\r\nHost: x\r\nSurrogate-Key: events\r\n\r\n", 405),
        ("\x16\x03\x01\x02\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n", 400),
    ],
    ids=["huge cookie", "long address", "many lines", "trace", "purge", "no HTTP", "smuggling"],
)
async def test_what_no_browser_sends_is_refused(build: Build, head: str, status: int) -> None:
    house = await build()
    got, told, body = await raw(house.edge, head)
    assert got == status
    assert status == 400 or (PROBLEM in told and json.loads(body)["status"] == status)
    assert (await visit(house.http, "/events/first")).status == 200


async def test_without_the_cache_pages_come_from_the_service(build: Build) -> None:
    house = await build()
    assert (await visit(house.http, "/events/x")).cache == "miss"
    os.killpg(house.varnish.process.pid, signal.SIGKILL)
    await house.varnish.process.wait()

    async def past_it() -> bool:
        seen = await visit(house.http, "/events/x")
        return seen.status == 200 and not seen.cache

    await eventually(past_it)


async def test_with_nobody_there_it_says_when_to_come_back(build: Build) -> None:
    house = await build()
    for process in house.orders:
        await process.stop()
    seen = await order(house.http)
    assert (seen.status, seen.headers["Content-Type"], seen.headers["Retry-After"]) == (503, PROBLEM, "2")
    assert json.loads(seen.body)["type"].endswith("overloaded")


async def test_a_process_that_is_not_ready_is_asked_nothing(build: Build) -> None:
    house = await build(EDGE_ORDERS=10**6)
    house.orders[0].ready = False

    async def left_alone() -> bool:
        before = house.orders[0].asked.total()
        assert {(await order(house.http)).status for _ in range(10)} == {200}
        return house.orders[0].asked.total() == before

    await eventually(left_alone)


async def test_over_tls_browsers_get_http_2(build: Build, tmp_path: Path) -> None:
    house = await build(EDGE_CERT=await a_certificate(tmp_path))
    trusting = ssl.create_default_context(cafile=str(tmp_path / "edge.pem"))
    async with from_address("127.0.0.1", house.edge.tls, ssl=trusting) as http:
        seen = await visit(http, "/events/x")
        assert seen.status == 200
        assert "max-age" in seen.headers["Strict-Transport-Security"]
        assert json.loads(seen.body)["headers"]["x-forwarded-proto"] == "https"
    plain = await visit(house.http, "/events/x?a=b")
    port = house.edge.tls.rpartition(":")[2]
    assert (plain.status, plain.headers["Location"]) == (308, f"https://127.0.0.1:{port}/events/x?a=b")
    curl = await installed("curl", "curl")
    version = await run(
        *(curl, "-sS", "--http2", "--cacert", str(tmp_path / "edge.pem"), "-o", "/dev/null"),
        *("-w", "%{http_version} %{http_code}", f"{house.edge.tls}/events/x"),
    )
    assert version == "2 200"


async def a_certificate(folder: Path) -> Path:
    await installed("openssl", "openssl")
    await run("sh", str(SCRIPT), str(folder))
    return folder / "edge.pem"


async def run(*command: str) -> str:
    """What it says. Raises `AssertionError` when it fails."""
    running = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await running.communicate()
    assert running.returncode == 0, told.decode()
    return told.decode()


async def raw(edge: Edge, text: str) -> tuple[int, str, str]:
    """Status, head and body of the answer to these very bytes, sent and then waited upon."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(edge.url.rpartition(":")[2]))
    try:
        writer.write(text.encode("latin-1"))
        async with asyncio.timeout(60):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = re.search(r"(?i)content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1]) if length else 0)
    finally:
        writer.close()
    return int(head.split()[1]), head, body.decode()
