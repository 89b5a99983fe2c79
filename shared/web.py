"""What the HTTP edge of every service shares: problems (RFC 9457), reading JSON, health."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import Any, Literal, NoReturn, NotRequired

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware
from typing_extensions import TypedDict

from shared.database import Commits, DatabaseUnavailable, OutcomeUnknown
from shared.openapi import Gives, described
from shared.openapi.operation import operation_of
from shared.openapi.parts import IDEMPOTENCY_KEY
from shared.openapi.problem_kinds import PROBLEM_JSON, TYPE_PREFIX

log = structlog.get_logger()

MAX_BODY_BYTES = 64 * 1024
RETRY_SECONDS = 2
# A phone on a bad line sends 64 KiB within this; who takes longer holds a connection for nothing.
BODY_SECONDS = 10.0


class Alive(TypedDict):
    status: Literal["alive"]


class Readiness(TypedDict):
    status: Literal["ready", "not ready"]
    reason: NotRequired[str]


HttpHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input; `pointer` is a JSON Pointer (RFC 6901) into the body."""

    pointer: str
    detail: str


@dataclass(slots=True, eq=False)
class Problem(Exception):
    """An error as the client sees it: `slug` ends the type, `detail` says what to do."""

    status: int
    slug: str
    title: str
    detail: str
    faults: Sequence[Fault] = ()
    headers: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def body(self, instance: str) -> bytes:
        document: dict[str, Any] = {
            "type": TYPE_PREFIX + self.slug,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
        }
        if self.faults:
            document["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in self.faults]
        return json.dumps(document | self.extra, ensure_ascii=False).encode(errors="backslashreplace")

    def response(self, request: web.BaseRequest) -> web.Response:
        headers = {"Cache-Control": "no-store"} | self.headers
        return web.Response(
            status=self.status, body=self.body(request.rel_url.raw_path), content_type=PROBLEM_JSON, headers=headers
        )


NOTHING_HERE = "There is nothing here, or it is not yours to see. Check the address."


def not_found(
    detail: str = NOTHING_HERE, faults: Sequence[Fault] = (), headers: dict[str, str] | None = None
) -> Problem:
    return Problem(404, "not-found", "Not found", detail, faults, headers or {})


def invalid(faults: Sequence[Fault]) -> Problem:
    return Problem(
        422, "invalid", "Some of the input is wrong", "Correct what is listed under errors and send it again.", faults
    )


def unauthorized(detail: str) -> Problem:
    return Problem(401, "unauthorized", "Credentials needed", detail, headers={"WWW-Authenticate": "Bearer"})


def forbidden(detail: str) -> Problem:
    return Problem(403, "forbidden", "Not allowed", detail)


def overloaded(detail: str = "We can't take this right now, and nothing was done. Try again in a moment.") -> Problem:
    return Problem(503, "overloaded", "Busy", detail, headers={"Retry-After": str(RETRY_SECONDS)})


def outcome_unknown(request: web.Request) -> Problem:
    detail = f"The database went away in the middle: whether this was done can't be told. {_how_to_tell(request)}"
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return Problem(503, "outcome-unknown", "Whether it was done is not known", detail, headers=headers)


def _how_to_tell(request: web.Request) -> str:
    operation = operation_of(request.match_info.handler)
    if operation is None or IDEMPOTENCY_KEY not in operation.takes:
        return "Look whether it was, and repeat it if it was not."
    if IDEMPOTENCY_KEY.name in request.headers:
        return "Repeat it with the same Idempotency-Key: it is done once, and you learn how it ended."
    return (
        "Repeated without an Idempotency-Key it may be done twice: look whether it was done, and send a key next time."
    )


def rate_limited(detail: str, wait: timedelta) -> Problem:
    seconds = ceil(wait.total_seconds())
    return Problem(429, "rate-limited", "Too many requests", detail, headers={"Retry-After": str(seconds)})


def problems_told(tell: Callable[[Problem, web.Request], web.StreamResponse]) -> Middleware:
    """Every error leaves as a `Problem` in the words of `tell`, and none with a traceback."""

    @web.middleware
    async def problems(request: web.Request, handler: HttpHandler) -> web.StreamResponse:
        commits = Commits.watched()
        try:
            return await handler(request)
        except Problem as problem:
            return tell(problem, request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return tell(problem_of(error), request)
        except DatabaseUnavailable as error:
            log.warning("http.database-unavailable", reason=str(error))
            unknown = isinstance(error, OutcomeUnknown) or commits.any
            return tell(outcome_unknown(request) if unknown else overloaded(), request)
        except Exception:
            log.exception("http.failed", method=request.method, route=_route(request))
            return tell(_our_mistake(commits), request)

    return problems


# As problem+json, for programs.
problems = problems_told(Problem.response)


async def read_json(request: web.Request) -> tuple[dict[str, Any], bytes]:
    """The body as a JSON object, with its raw bytes.

    Raises `Problem` as `read_body` and `json_object` do.
    """
    raw = await read_body(request)
    return json_object(raw), raw


async def read_body(request: web.Request, within: float = BODY_SECONDS) -> bytes:
    """The bytes of a body that is said to be JSON, all come `within` so many seconds.

    Raises `Problem`: unsupported-media-type, too-large, or timeout when it does not come in time.
    """
    if request.content_type != "application/json" and not request.content_type.endswith("+json"):
        raise Problem(
            415, "unsupported-media-type", "Not JSON", "Send the body as JSON with Content-Type: application/json."
        )
    if "Content-Encoding" in request.headers:
        raise Problem(415, "unsupported-media-type", "Compressed", "Send the body as it is, without Content-Encoding.")
    if request.content.is_eof():
        # The usual case, a body that came with its head, is spared the timer.
        return await request.read()
    return await bytes_in_time(request, within, "The body did not come in time. Send it again.")


async def bytes_in_time(request: web.Request, within: float, late: str) -> bytes:
    """Raises `Problem` timeout, in the words of `late`, or malformed where the client went away before the end."""
    try:
        async with asyncio.timeout(within):
            return await request.read()
    except TimeoutError:
        raise Problem(408, "timeout", "Too slow", late, headers={"Connection": "close"}) from None
    except ConnectionResetError:
        # Nobody reads this: it is no mistake of ours, and no line of the log.
        raise Problem(400, "malformed", "Not complete", "The line broke before all had come. Send it again.") from None


def json_object(raw: bytes) -> dict[str, Any]:
    """Raises `Problem` malformed for what is no JSON object."""
    try:
        document = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _malformed(f"The body is no JSON: {_reason(error)}.") from error
    if not isinstance(document, dict):
        raise _malformed("The body must be a JSON object, in curly braces.")
    return document


def health(ready: Callable[[], Awaitable[str | None]]) -> list[web.RouteDef]:
    """`/healthz` says the process is alive, `/readyz` whether it can serve: `ready` gives None or why not."""

    @described("Operating", Gives(200, "It is.", Alive))
    async def alive(_: web.Request) -> web.Response:
        """Whether the process is alive."""
        return web.json_response({"status": "alive"}, headers={"Cache-Control": "no-store"})

    @described("Operating", Gives(200, "It can.", Readiness), Gives(503, "It can't, and why.", Readiness))
    async def can_serve(_: web.Request) -> web.Response:
        """Whether the process can serve."""
        reason = await ready()
        body = {"status": "not ready", "reason": reason} if reason else {"status": "ready"}
        return web.json_response(body, status=503 if reason else 200, headers={"Cache-Control": "no-store"})

    return [web.get("/healthz", alive), web.get("/readyz", can_serve)]


def _our_mistake(commits: Commits) -> Problem:
    what_now = "Look whether it was done before you repeat it" if commits.any else "Try again"
    return Problem(500, "internal", "Our mistake", f"Something broke on our side. {what_now}; it has been noted.")


def problem_of(error: web.HTTPException) -> Problem:
    """aiohttp's own refusals (404, 405, 413, 417), in our words."""
    if error.status == 404:
        return not_found()
    if error.status == 405:
        allowed = error.headers.get("Allow", "")
        return Problem(405, "method-not-allowed", "Wrong method", f"Use one of: {allowed}.", headers={"Allow": allowed})
    if error.status == 413:
        return Problem(413, "too-large", "Too large", f"Keep the body under {MAX_BODY_BYTES // 1024} KiB.")
    if error.status == 417:
        return Problem(
            417, "expectation-failed", "Unknown expectation", "Send no Expect header other than 100-continue."
        )
    return Problem(error.status, "bad-request", error.reason, "Check the request and send it again.")


def _malformed(detail: str) -> Problem:
    return Problem(400, "malformed", "Not a JSON object", detail)


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 at byte {error.start}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else "a number is too long"


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is no JSON value", name, 0)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"
