"""One request of a buyer, noted before it leaves and when its answer is there, or when it is known not to come."""

import hashlib
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp

from tests.chaos.journal import Journal

# What a person would wait for; the services promise an answer, of whatever kind, well before.
ANSWER_SECONDS = 12.0
NO_ANSWER = (aiohttp.ClientError, OSError, TimeoutError)

Verb = Literal["place", "cancel", "resend"]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """`slug` is the last part of a problem's `type`, empty where there is none."""

    status: int
    slug: str
    body: Json
    replayed: bool = False

    @property
    def settles(self) -> bool:
        """Nothing else would come of asking again."""
        passing = self.slug in ("idempotency-conflict", "not-ready", "rate-limited")
        return self.status < 500 and not passing


class Asking:
    """`shops` are the addresses of the orders processes; each request goes to one of them by `chance`."""

    def __init__(
        self, http: aiohttp.ClientSession, shops: Sequence[str], journal: Journal, chance: random.Random
    ) -> None:
        self._http = http
        self._shops = shops
        self._journal = journal
        self._chance = chance
        self._asked = 0

    async def ask(
        self, intent: int, verb: Verb, path: str, headers: dict[str, str], body: Json | None
    ) -> Answer | None:
        """None: whether it was done is not known."""
        self._asked += 1
        request = self._asked
        wanted = {"quantity": body["lines"][0]["quantity"], "email": body["buyer"]["email"]} if body else {}
        keyed = "Idempotency-Key" in headers
        self._journal.note("asked", request=request, intent=intent, verb=verb, keyed=keyed, **wanted)
        shop = self._chance.choice(self._shops)
        try:
            async with self._http.post(f"{shop}{path}", json=body, headers=headers) as response:
                raw = await response.read()
        except NO_ANSWER as error:
            self._journal.note("unanswered", request=request, error=repr(error)[:200])
            return None
        replayed = response.headers.get("Idempotent-Replayed") == "true"
        answer = Answer(response.status, *_read(response.content_type, raw), replayed)
        digest = hashlib.sha256(raw).hexdigest()
        number = answer.body.get("confirmation_number", "")
        told = {"status": answer.status, "slug": answer.slug, "sha256": digest, "number": number}
        self._journal.note("answered", request=request, replayed=answer.replayed, **told)
        return answer


def _read(content_type: str, raw: bytes) -> tuple[str, Json]:
    try:
        body = json.loads(raw)
    except ValueError:
        return "", {}
    if not isinstance(body, dict):
        return "", {}
    problem = content_type == "application/problem+json"
    # A type ends in its slug, whether it is a URL or a URN.
    return (re.split("[/:]", str(body.get("type", "")))[-1] if problem else ""), body
