"""What aiohttp would answer by itself, before or after the application: problem+json, without versions."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

from shared import service
from shared.http_server import TOO_LONG

HOST = b"Host: localhost\r\n"
CHUNKED = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n"

NO_HTTP = {
    "an address of 9,000 bytes": b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a header of 9,000 bytes": b"GET / HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * 9000 + b"\r\n\r\n",
    "200 headers": b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: a\r\n" % n for n in range(200)) + b"\r\n",
    "an unknown version": b"GET / HTTP/3.7\r\n" + HOST + b"\r\n",
    "a version that is none": b"GET / HTTP/9\r\n" + HOST + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "a word": b"hello\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "a chunk's size that is none": CHUNKED + b"\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a second chunk's size that is none": CHUNKED + b"\r\n2\r\n{}\r\nzz\r\n\r\n",
    "two lengths": CHUNKED + b"Content-Length: 2\r\n\r\n0\r\n\r\n",
    "a coding that is none": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n{}",
    "a length below zero": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n{}",
    "a method of its own": b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a small method": b"get / HTTP/1.1\r\n" + HOST + b"\r\n",
    "an address that is none": b"GET http://[::1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "an asterisk": b"GET * HTTP/1.1\r\n" + HOST + b"\r\n",
    "no slash": b"GET healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "bytes in the path": b"GET /\xc3\xa4 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space in a header's name": b"GET / HTTP/1.1\r\n" + HOST + b"X A: b\r\n\r\n",
    "a NUL in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X-A: a\x00b\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\n" + HOST + b"X-A: a\r\n b\r\n\r\n",
}


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as it came; `status` 0 for none."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json"
        told: dict[str, Any] = json.loads(self.body)
        assert told["status"] == self.status
        assert {"type", "title", "detail", "instance"} <= told.keys()
        return told


async def ask(port: int, sent: bytes) -> Raw:
    """What is answered to these bytes on a connection that is closed afterwards."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    first, *lines = head.decode("latin1").split("\r\n")
    fields = (line.partition(": ") for line in lines)
    return Raw(int(first.split()[1]) if first else 0, {name.lower(): value for name, _, value in fields}, body)


@pytest.fixture
async def port(free_port: int) -> AsyncIterator[int]:
    """A service whose one page fails as no middleware expects it to."""

    async def fail(_: web.Request) -> web.Response:
        raise RuntimeError("a secret")

    app = web.Application()
    app.router.add_get("/", fail)
    async with AsyncExitStack() as parts:
        await service.listen(parts, app, free_port)
        yield free_port


@pytest.mark.parametrize("sent", NO_HTTP.values(), ids=NO_HTTP)
async def test_what_is_no_http_is_told_so_in_our_words(port: int, sent: bytes) -> None:
    answer = await ask(port, sent)
    assert (answer.status, answer.problem["type"]) == (400, "urn:boxoffice:problem:bad-request")
    assert "server" not in answer.headers
    assert answer.headers["x-request-id"]
    assert b"aaaa" not in answer.body


async def test_what_is_too_long_is_told_so(port: int) -> None:
    for name in ("an address of 9,000 bytes", "a header of 9,000 bytes"):
        assert (await ask(port, NO_HTTP[name])).problem["detail"] == TOO_LONG


async def test_an_unknown_expectation_is_a_problem(port: int) -> None:
    answer = await ask(port, b"GET / HTTP/1.1\r\n" + HOST + b"Connection: close\r\nExpect: magic\r\n\r\n")
    assert (answer.status, "Expect" in answer.problem["detail"]) == (417, True)
    assert "server" not in answer.headers


async def test_a_failure_that_nobody_expected_is_a_problem_that_tells_nothing(port: int) -> None:
    answer = await ask(port, b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert (answer.status, answer.problem["type"]) == (500, "urn:boxoffice:problem:internal")
    assert "server" not in answer.headers
    assert b"secret" not in answer.body


async def test_a_request_that_is_cut_off_by_the_stop_gets_no_answer(free_port: int) -> None:
    begun = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    app = web.Application()
    app.router.add_get("/", hang)
    async with AsyncExitStack() as parts:
        await service.listen(parts, app, free_port)
        asking = asyncio.create_task(ask(free_port, b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"))
        await begun.wait()
    assert (await asking).status == 0
