"""Buys two tickets as a customer would, over HTTP, and measures what the customer sees."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from boxoffice.demo import EVENT, TICKET_TYPE
from boxoffice.failures import CannotStart
from boxoffice.web_calls import call

MAIL_SECONDS = 20.0
POLL_SECONDS = 0.01

REQUEST: dict[str, Any] = {
    "event": EVENT,
    "buyer": {"name": "Ada Lovelace", "email": "ada@example.org"},
    "locale": "en",
    "lines": [
        {
            "ticket_type": TICKET_TYPE,
            "quantity": 2,
            "attendees": [{"name": "Ada Lovelace"}, {"name": "Charles Babbage"}],
        }
    ],
}


@dataclass(frozen=True, slots=True)
class FirstOrder:
    """Milliseconds from sending the order; `mail_ms` is None when no mail came in time."""

    number: str
    number_ms: float
    mail_ms: float | None


async def buy(orders_url: str, inbox_url: str | None) -> FirstOrder:
    """Order, then wait for the mail: in the inbox, or, without one, until the order says it was sent.

    Raises `CannotStart` when the order is not taken.
    """
    mails = await _mails(inbox_url) if inbox_url else 0
    # Nobody buys what they have not looked at; the server's first answer is slower than all later ones.
    await call(f"{orders_url}/v1/events/{EVENT}")
    begun = time.perf_counter()
    answer = await call(f"{orders_url}/v1/orders", REQUEST)
    number_ms = _since(begun)
    if answer.status != 201:
        raise CannotStart(f"the first order was not taken ({answer.status}): {answer.body.decode(errors='replace')}")
    order = answer.json()
    number = order["confirmation_number"]
    arrived = _in_inbox(inbox_url, mails) if inbox_url else _sent(orders_url, number, order["access_token"])
    return FirstOrder(number, number_ms, await _milliseconds_until(arrived, begun))


def curl(public_url: str) -> str:
    """The command that buys the same again."""
    body = json.dumps(REQUEST, ensure_ascii=False, separators=(",", ":"))
    return f"curl -s {public_url}/v1/orders -H 'Content-Type: application/json' -d '{body}'"


def _in_inbox(inbox_url: str, before: int) -> Callable[[], Awaitable[bool]]:
    """Nobody else can have bought yet: one mail more is ours."""

    async def arrived() -> bool:
        return await _mails(inbox_url) > before

    return arrived


async def _mails(inbox_url: str) -> int:
    return int((await call(f"{inbox_url}/api/v1/messages?limit=0")).json()["total"])


def _sent(orders_url: str, number: str, token: str) -> Callable[[], Awaitable[bool]]:
    async def arrived() -> bool:
        answer = await call(f"{orders_url}/v1/orders/{number}", headers={"Authorization": f"Bearer {token}"})
        return bool(answer.json()["fulfilment"]["email"] == "sent")

    return arrived


async def _milliseconds_until(arrived: Callable[[], Awaitable[bool]], begun: float) -> float | None:
    with suppress(TimeoutError):
        async with asyncio.timeout(MAIL_SECONDS):
            while not await arrived():
                await asyncio.sleep(POLL_SECONDS)
            return _since(begun)
    return None


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
