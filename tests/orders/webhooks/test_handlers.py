"""A message in, one delivery owed to each webhook that listens to it, and to nobody else's."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from services.orders.webhooks.handlers import FanOut
from services.orders.webhooks.telling import KINDS, TYPES, about, told, type_of
from shared.bus import Delivery, Done, Later, Never
from shared.database import Pool, open_pool
from shared.identifiers import uuid7
from shared.messages import FACTS, ApiKeyChanged, Fact, message, time_of
from shared.queues import FOLLOWED_BY
from tests.orders.builders import NOW
from tests.orders.webhooks.conftest import Organiser, an_organiser
from tests.orders.webhooks.facts import FACTS_TOLD, email_sent, order_placed, tickets_issued


def delivery_of(fact: Fact) -> Delivery:
    return Delivery(message(fact, source="orders", at=NOW), "webhooks.any", 1)


async def owed(pool: "Pool[Any]") -> list[tuple[UUID, UUID]]:
    rows = await pool.fetch("SELECT webhook_id, message_id FROM webhook_deliveries ORDER BY 2, 1")
    return [(row["webhook_id"], row["message_id"]) for row in rows]


async def test_a_message_is_owed_to_every_webhook_that_listens_once(organiser: Organiser) -> None:
    woken: list[int] = []
    fan_out = FanOut(organiser.pool, lambda: woken.append(1))
    all_of_it = await organiser.webhook("https://a.example/")
    orders = await organiser.webhook("https://b.example/", "order.placed")
    await organiser.webhook("https://c.example/", "email.sent")
    disabled = await organiser.webhook("https://d.example/")
    await organiser.pool.execute("UPDATE webhooks SET disabled_because = 'asked' WHERE id = $1", disabled.id)
    delivery = delivery_of(order_placed(organiser.event))
    for _ in range(3):
        assert await fan_out.follow(order_placed(organiser.event), delivery) == Done()
    identity = UUID(delivery.message.id)
    assert await owed(organiser.pool) == sorted([(all_of_it.id, identity), (orders.id, identity)])
    assert woken == [1]
    kept = await organiser.pool.fetch("SELECT type, body FROM webhook_messages")
    assert [(row["type"], json.loads(row["body"])["timestamp"]) for row in kept] == [
        ("order.placed", "2027-05-01T12:00:00Z")
    ]


async def test_another_organisers_webhook_is_told_nothing(organiser: Organiser) -> None:
    other = await an_organiser(organiser.pool, organiser.vault, "Seaside")
    await other.webhook("https://a.example/")
    fact = order_placed(organiser.event)
    assert await FanOut(organiser.pool, pytest.fail).follow(fact, delivery_of(fact)) == Done()
    assert await owed(organiser.pool) == []
    assert await organiser.pool.fetchval("SELECT count(*) FROM webhook_messages") == 0


async def test_a_message_that_has_only_a_number_finds_its_organiser_by_the_order(organiser: Organiser) -> None:
    webhook = await organiser.webhook("https://a.example/")
    await organiser.pool.execute(
        "INSERT INTO orders (id, number, event_id, buyer_name, buyer_email, locale, lines, total_amount, currency, "
        "placed_at) VALUES ($1, '7K2MX-Q4P9D', $2, 'Ada', 'ada@example.org', 'en', '[]', 0, 'EUR', now())",
        uuid7(),
        organiser.event,
    )
    fan_out = FanOut(organiser.pool, lambda: None)
    for number in ("7K2MX-Q4P9D", "00000-00000"):
        fact = email_sent(number)
        assert await fan_out.follow(fact, delivery_of(fact)) == Done()
    assert [whose for whose, _ in await owed(organiser.pool)] == [webhook.id]


async def test_with_the_database_away_it_comes_again_uncounted(free_port: int) -> None:
    pool = await open_pool(f"postgresql://127.0.0.1:{free_port}/none", "orders")
    fact = order_placed(uuid7())
    verdict = await FanOut(pool, pytest.fail).follow(fact, delivery_of(fact))
    assert isinstance(verdict, Later)
    assert not verdict.counts
    pool.terminate()


async def test_an_event_of_somewhere_else_is_no_use(organiser: Organiser) -> None:
    fact = tickets_issued("1")
    assert isinstance(await FanOut(organiser.pool, pytest.fail).follow(fact, delivery_of(fact)), Never)


def test_organisers_can_hear_of_all_that_is_theirs() -> None:
    assert FOLLOWED_BY["webhooks"] == KINDS
    assert {type_of(kind) for kind in FACTS} - set(TYPES) == {
        "order.resend-requested",
        "tickets.failed",
        "api-key.changed",
        "sign-in.requested",
    }
    with pytest.raises(LookupError):
        about(ApiKeyChanged(id="1", hash="", organiser=None, rights=(), revoked=False))  # type: ignore[arg-type]


@pytest.mark.parametrize("fact", FACTS_TOLD, ids=lambda fact: fact.key)
def test_what_is_told_is_a_payload_of_the_specification(fact: Fact) -> None:
    payload = told(fact, NOW)
    document = json.loads(payload.body)
    assert list(document) == ["type", "timestamp", "data"]
    assert (document["type"], document["timestamp"]) == (payload.type, "2027-05-01T12:00:00Z")
    assert payload.type in TYPES
    assert document["data"]


@pytest.mark.parametrize("fact", FACTS_TOLD, ids=lambda fact: fact.key)
def test_nothing_of_how_things_are_kept_gets_out(fact: Fact) -> None:
    body = told(fact, NOW).body.decode()
    assert "secret-store-key" not in body
    assert "sha256" not in body
    assert "token" not in body


def test_every_message_that_is_told_is_among_these_tests() -> None:
    assert {type(fact) for fact in FACTS_TOLD} == set(KINDS)


def test_an_order_is_told_in_the_words_of_the_api() -> None:
    data = json.loads(told(order_placed(uuid7()), NOW).body)["data"]
    assert data["confirmation_number"] == "7K2MX-Q4P9D"
    assert data["buyer"] == {"name": "Ada Lovelace", "email": "ada@example.org"}
    assert data["total"] == {"amount": 9000, "currency": "EUR"}
    assert data["lines"][0]["unit_price"] == {"amount": 4500, "currency": "EUR"}
    assert data["tickets"][0]["attendee"] == {"name": "Ada Lovelace"}
    assert data["event"]["slug"] == "summer-night"


def test_the_time_of_an_envelope_is_when_it_became_true() -> None:
    assert time_of(message(email_sent("7K2MX-Q4P9D"), source="mailer", at=NOW).body) == NOW


class CountingPool:
    """Counts how often the database is asked for anything."""

    def __init__(self, pool: "Pool[Any]") -> None:
        self._pool = pool
        self.asked = 0

    def acquire(self, timeout: float) -> Any:
        self.asked += 1
        return self._pool.acquire(timeout=timeout)


async def follow_many(fan_out: FanOut, facts: Sequence[Fact]) -> None:
    verdicts = await asyncio.gather(*(fan_out.follow(fact, delivery_of(fact)) for fact in facts))
    assert verdicts == [Done()] * len(facts)


async def test_messages_that_nobody_listens_to_cost_no_statement_each(organiser: Organiser) -> None:
    pool = CountingPool(organiser.pool)
    fan_out = FanOut(pool, pytest.fail)  # type: ignore[arg-type]
    await follow_many(fan_out, [order_placed(organiser.event) for _ in range(500)])
    await follow_many(fan_out, [email_sent("7K2MX-Q4P9D") for _ in range(500)])
    assert pool.asked == 2


async def test_messages_of_an_organiser_without_webhooks_cost_no_statement_each(organiser: Organiser) -> None:
    other = await an_organiser(organiser.pool, organiser.vault, "Seaside")
    await other.webhook("https://a.example/")
    pool = CountingPool(organiser.pool)
    fan_out = FanOut(pool, pytest.fail)  # type: ignore[arg-type]
    await fan_out.follow(order_placed(organiser.event), delivery_of(order_placed(organiser.event)))
    await follow_many(fan_out, [order_placed(organiser.event) for _ in range(500)])
    assert pool.asked == 3


async def test_a_webhook_that_was_there_before_a_message_is_told_of_it(organiser: Organiser) -> None:
    fan_out = FanOut(organiser.pool, lambda: None)
    for number in range(1, 21):
        fact = order_placed(organiser.event, f"BEFORE-{number}")
        await fan_out.follow(fact, delivery_of(fact))
        await organiser.webhook(f"https://{number}.example/")
        fact = order_placed(organiser.event, f"AFTER-{number}")
        delivery = delivery_of(fact)
        await fan_out.follow(fact, delivery)
        told_of_it = [message for _, message in await owed(organiser.pool) if str(message) == delivery.message.id]
        assert len(told_of_it) == number


async def test_what_is_told_again_is_owed_to_no_webhook_twice(organiser: Organiser) -> None:
    """The reconciler's repetition comes under an id of its own."""
    webhook = await organiser.webhook("https://a.example/")
    fan_out = FanOut(organiser.pool, lambda: None)
    fact = order_placed(organiser.event)
    first, again = delivery_of(fact), delivery_of(fact)
    assert first.message.id != again.message.id
    for delivery in (first, again, first):
        assert await fan_out.follow(fact, delivery) == Done()
    assert await owed(organiser.pool) == [(webhook.id, UUID(first.message.id))]


async def test_what_is_told_again_reaches_a_webhook_whose_copy_was_lost(organiser: Organiser) -> None:
    fan_out = FanOut(organiser.pool, lambda: None)
    first = await organiser.webhook("https://a.example/", "order.placed")
    fact = order_placed(organiser.event)
    delivery = delivery_of(fact)
    await fan_out.follow(fact, delivery)
    await organiser.pool.execute("DELETE FROM webhook_deliveries")
    await fan_out.follow(fact, delivery_of(fact))
    assert await owed(organiser.pool) == [(first.id, UUID(delivery.message.id))]
