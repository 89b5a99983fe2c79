"""What an operator sees of the queues and does with dead letters, on every transport."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from services.mailer.handlers import OrderMails
from services.mailer.signing_in import SignInMail
from services.orders.handlers import Follower
from services.orders.purging import Purger
from services.orders.webhooks.handlers import FanOut
from services.tickets.copying import Copyist
from services.tickets.handlers import Issuer
from shared.bus import Bus, Delivery, Handler, Later, Message, Never, RetryPolicy, Subscription, Verdict
from shared.queues import QUEUES
from tests.boxoffice import running
from tests.boxoffice.running import Told
from tests.bus.brokers import open_bus
from tests.bus.messages import Recorder, a_message, a_subscription, published
from tests.servers.waiting import eventually

SERVICES = Path(__file__).parents[2] / "services"
QUEUE = "tickets.order-placed"
KEY = "order.placed.v1"
SECRET = "Ada Lovelace"


@pytest.fixture
def redis_broker(redis_url: str, redis_prefix: str) -> str:
    return f"{redis_url}?prefix={redis_prefix}"


@pytest.fixture(params=["database_url", "amqp_url", "redis_broker", "clusters_url"])
def broker_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def bus(broker_url: str) -> AsyncIterator[Bus]:
    made = await open_bus(broker_url)
    yield made
    await made.close()


async def boxoffice(url: str, *words: str, typed: bytes = b"") -> Told:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    return await running.boxoffice(*words, typed=typed, DATABASE_URL=nowhere, BROKER_URL=url)


async def buried(bus: Bus, *messages: Message) -> None:
    """Given up on by their handler; one that was put back is handled by `Recorder` after that."""
    given_up = {message.id for message in messages}

    async def handle(delivery: Delivery) -> Verdict:
        return Never("no such font\nTraceback: …") if delivery.message.id in given_up else Later("not now")

    await bus.subscribe(a_subscription(QUEUE, [KEY], retry=RetryPolicy(waits=())), handle)
    await published(bus, *messages)

    async def all_dead() -> bool:
        (state,) = await bus.status([QUEUE])
        return state.dead == len(messages)

    await eventually(all_dead)


def placed(number: str) -> Message:
    return a_message(KEY, subject=number, body=json.dumps({"buyer": SECRET}).encode())


async def test_dead_letters_are_listed_shown_put_back_and_dropped(bus: Bus, broker_url: str) -> None:
    first, second, third = letters = [placed("1"), placed("2"), placed("3")]
    await buried(bus, *letters)
    await bus.close()

    listed = await boxoffice(broker_url, "dead-letters", "list", "--json")
    assert [letter["id"] for letter in listed.json] == [letter.id for letter in letters]
    assert listed.json[0] | {"died_at": ""} == {
        "id": first.id,
        "key": KEY,
        "subject": "1",
        "queue": QUEUE,
        "attempts": 1,
        "died_at": "",
        "reason": "no such font",
    }
    for_people = await boxoffice(broker_url, "dead-letters", "list", "--subject", "2")
    assert second.id in for_people.out
    assert first.id not in for_people.out
    assert SECRET not in listed.out + for_people.out

    shown = await boxoffice(broker_url, "dead-letters", "show", first.id)
    assert "Traceback" in shown.out
    assert SECRET not in shown.out
    assert SECRET in (await boxoffice(broker_url, "dead-letters", "show", first.id, "--body")).out

    assert (await boxoffice(broker_url, "dead-letters", "replay", first.id)).out == "1 dead letter put back\n"
    dropped = await boxoffice(broker_url, "dead-letters", "discard", "--subject", "2", "--yes", "--json")
    assert dropped.json == {"discarded": 1}
    states = (await boxoffice(broker_url, "queues", "--json")).json
    assert [(state["ready"], state["dead"]) for state in states if state["queue"] == QUEUE] == [(1, 1)]
    assert [state["queue"] for state in states] == list(QUEUES)

    assert (await boxoffice(broker_url, "dead-letters", "replay", "--all", "--json")).json == {"replayed": 1}
    again, recorder = await open_bus(broker_url), Recorder()
    await again.subscribe(a_subscription(QUEUE, [KEY]), recorder)
    await recorder.until(2)
    await again.close()
    assert {(delivery.message, delivery.attempt) for delivery in recorder.seen} == {(first, 1), (third, 1)}


async def test_nothing_is_dropped_by_mistake(bus: Bus, broker_url: str) -> None:
    letter = placed("1")
    await buried(bus, letter)
    unasked = await boxoffice(broker_url, "dead-letters", "discard", "--all", typed=b"y\n")
    vague = await boxoffice(broker_url, "dead-letters", "discard", "--yes")
    both = await boxoffice(broker_url, "dead-letters", "discard", letter.id, "--all", "--yes")
    wrong = await boxoffice(broker_url, "dead-letters", "discard", letter.id, "nonsense", "--yes")
    assert [told.code for told in (unasked, vague, both, wrong)] == [2, 2, 2, 1]
    assert unasked.err == "boxoffice: this can't be undone, and nobody is there to ask: add --yes\n"
    assert "nonsense" in wrong.err
    assert [found.message for found in await bus.dead_letters(QUEUE)] == [letter]


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "amqp://guest:guest@127.0.0.1:1/"])
async def test_a_broker_that_is_away_is_told_in_one_line(url: str) -> None:
    told = await boxoffice(url, "queues")
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("boxoffice: the broker can't be asked: ")
    assert told.err.count("\n") == 1


async def test_a_cluster_that_is_away_is_named_and_the_others_are_shown(amqp_url: str) -> None:
    told = await boxoffice(f"amqp://guest:guest@127.0.0.1:1/,{amqp_url}", "queues", "--json")
    broker, database = told.err.splitlines()
    assert (told.code, broker) == (0, "boxoffice: 127.0.0.1:1 can't be asked, so what it holds is not in this")
    assert database.startswith("boxoffice: DATABASE_URL: the database can't be used: ")
    assert database.endswith(", so outboxes and orders are not in this")
    assert [state["queue"] for state in told.json] == list(QUEUES)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """A bus that only notes who wants what."""

    queues: list[str] = field(default_factory=list)

    async def subscribe(self, subscription: Subscription, _: Handler) -> None:
        self.queues.append(subscription.queue)


async def test_every_queue_a_service_serves_is_known_to_the_operator() -> None:
    bus: Any = Subscriptions()
    nothing: Any = None
    await Issuer(nothing, nothing, nothing, nothing, nothing, nothing).subscribe(bus, concurrency=1)
    await Copyist(nothing).subscribe(bus)
    post: Any = type("Post", (), {"capacity": 1})
    await OrderMails(nothing, nothing, nothing, post).subscribe(bus)
    await SignInMail(nothing, post).subscribe(bus)
    await Follower(nothing).subscribe(bus)
    await Purger(nothing, []).subscribe(bus)
    await FanOut(nothing, nothing).subscribe(bus)
    assert sorted(bus.queues) == sorted(QUEUES)
    subscribing = {file.parent.name for file in SERVICES.rglob("*.py") if "Subscription(" in file.read_text()}
    assert subscribing == {"tickets", "mailer", "orders", "webhooks"}
