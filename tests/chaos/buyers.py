"""Buyers: orders at a rate, repeated with their keys until it is known what became of them; some cancel, some ask for
their mail again, some order without a key, and some repeat what was answered long ago."""

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from tests.chaos.asking import Answer, Asking, Json, Verb

# A buyer gives up for the moment after this; what is unknown then is found out when all is healed.
PATIENCE_SECONDS = 20.0
WITHOUT_KEY, REPEATING, CANCELLING, RESENDING, SCARCE = 0.1, 0.1, 0.1, 0.05, 0.1
MOST_TICKETS = 3
LARGE, MANY_TICKETS = 0.01, 50


@dataclass(frozen=True, slots=True)
class OnSale:
    """What can be bought: an event, a ticket type that is plenty, and one that sells out."""

    event: str
    plenty: str
    scarce: str


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing a buyer wants done, and how to say it."""

    intent: int
    verb: Verb
    path: str
    headers: dict[str, str]
    body: Json | None = None


class Buyers:
    """`chance` decides what each wants, and within `delay` seconds of their order what they want next.

    What they were told is in the journal of `asking`.
    """

    def __init__(self, asking: Asking, on_sale: OnSale, chance: random.Random, delay: float) -> None:
        self._delay = delay
        self._asking = asking
        self._on_sale = on_sale
        self._chance = chance
        self._intents = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsettled: list[Wish] = []

    async def buy(self, rate: float, stop: asyncio.Event) -> None:
        """`rate` orders a second on average, until `stop`; then those under way end."""
        while not stop.is_set():
            self._start(self.one())
            try:
                await asyncio.wait_for(stop.wait(), self._chance.expovariate(rate))
            except TimeoutError:
                continue
        await self.finish()

    async def finish(self) -> None:
        """Wait for what their orders led to."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def leave(self) -> None:
        """At once, whatever is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def settle(self, within: float) -> int:
        """Repeat what is unknown until it is answered; how many are still unknown after `within` seconds."""
        async with asyncio.TaskGroup() as group:
            wishes, self._unsettled = self._unsettled, []
            for wish in wishes:
                group.create_task(self._insist(wish, within))
        return len(self._unsettled)

    async def one(self) -> Answer | None:
        """One buyer's order; its answer, None while it is unknown. What it leads to goes on by itself."""
        self._intents += 1
        place = self._order(self._intents)
        if not place.headers:
            return await self._say(place)
        answer = await self._insist(place, PATIENCE_SECONDS)
        if answer and answer.status == 201:
            self._start(self._afterwards(place, answer.body))
        return answer

    def _order(self, intent: int) -> Wish:
        quantity = MANY_TICKETS if self._chance.random() < LARGE else self._chance.randint(1, MOST_TICKETS)
        kind = self._on_sale.scarce if self._chance.random() < SCARCE else self._on_sale.plenty
        names = [{"name": f"Guest {number} of {intent}"} for number in range(1, quantity + 1)]
        body = {
            "event": self._on_sale.event,
            "buyer": {"name": f"Buyer {intent}", "email": f"buyer-{intent}@example.org"},
            "locale": "en",
            "lines": [{"ticket_type": kind, "quantity": quantity, "attendees": names}],
        }
        keyed = self._chance.random() >= WITHOUT_KEY
        headers = {"Idempotency-Key": f"{intent:08}-{self._chance.getrandbits(64):016x}"} if keyed else {}
        return Wish(intent, "place", "/v1/orders", headers, body)

    async def _afterwards(self, place: Wish, order: Json) -> None:
        roll = self._chance.random()
        # Drawn before the wait: what else happens meanwhile changes nothing of it.
        await asyncio.sleep(self._chance.uniform(0, self._delay))
        base = f"/v1/orders/{order['confirmation_number']}"
        token = {"Authorization": f"Bearer {order['access_token']}"}
        if roll < REPEATING:
            await self._insist(place, PATIENCE_SECONDS)
        elif roll < REPEATING + CANCELLING:
            await self._insist(Wish(place.intent, "cancel", f"{base}/cancel", token), PATIENCE_SECONDS)
        elif roll < REPEATING + CANCELLING + RESENDING:
            # Once: a second request would be a second mail.
            await self._say(Wish(place.intent, "resend", f"{base}/resend", token))

    async def _insist(self, wish: Wish, patience: float) -> Answer | None:
        try:
            async with asyncio.timeout(patience):
                while not (answer := await self._say(wish)) or not answer.settles:
                    await asyncio.sleep(self._chance.uniform(0.3, 2.0))
                return answer
        except TimeoutError:
            self._unsettled.append(wish)
            return None

    async def _say(self, wish: Wish) -> Answer | None:
        return await self._asking.ask(wish.intent, wish.verb, wish.path, wish.headers, wish.body)

    def _start(self, work: Coroutine[Any, Any, object]) -> None:
        async def run() -> None:
            await work

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
