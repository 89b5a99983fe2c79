"""The server under every service: what aiohttp would answer by itself, in its own words, leaves as problem+json.

aiohttp speaks before any middleware to what is no HTTP (400) and to an `Expect` that it does not know (417), and after
all of them when one fails (500). Its words quote what was sent, and its `Server` header tells versions.
"""

import asyncio
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.web_protocol import RequestHandler

from shared.correlation import HEADER, fresh_id
from shared.web import Problem, problem_of

log = structlog.get_logger()

TOO_LONG = "The address or a header is too long. Keep each under 8,190 bytes."
NO_HTTP = "This can't be read as HTTP. Check the request line, the headers and how the body is framed."


class ProblemRunner(web.AppRunner):
    """Runs an application; every error that is aiohttp's own leaves as a `Problem`."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made)


class _Server(web.Server):
    """Takes the place of the server that the application made."""

    def __init__(self, made: web.Server) -> None:
        super().__init__(self._answer, request_factory=made.request_factory, loop=made._loop, **made._kwargs)
        self._asked = made.request_handler

    def __call__(self) -> RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)

    async def _answer(self, request: Any) -> web.StreamResponse:
        try:
            return await self._asked(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return problem_of(error).response(request)


class _Protocol(RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Whoever has read a part of an answer already gets no other one: the connection is closed."""
        if status >= 500:
            log.error("http.failed", method=request.method, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("part of an answer was sent")
        response = _Told(_problem(status, exc).response(request))
        response.force_close()
        return response


class _Told(web.Response):
    """What no application's signals see."""

    def __init__(self, told: web.Response) -> None:
        super().__init__(status=told.status, body=told.body, headers=told.headers)
        self.headers[HEADER] = fresh_id()

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.popall("Server", None)


def _problem(status: int, exc: BaseException | None) -> Problem:
    if status >= 500 or isinstance(exc, asyncio.TimeoutError):
        return Problem(500, "internal", "Our mistake", "Something broke on our side. It has been noted.")
    return Problem(400, "bad-request", "Bad request", TOO_LONG if isinstance(exc, LineTooLong) else NO_HTTP)
