"""Owed deliveries brought to real endpoints: each in the end, none held up by another's."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from services.orders.store import webhook_deliveries as store
from services.orders.store.webhooks import Webhook
from services.orders.webhooks.courier import Courier, Limits
from services.orders.webhooks.schedule import WAITS
from services.orders.webhooks.vault import Vault
from shared.background import Background
from shared.database import Pool, connection
from shared.keyring import Keyring
from tests.orders.webhooks.conftest import Organiser, an_organiser
from tests.orders.webhooks.endpoint import Endpoint, saying, serving
from tests.servers.programs import free_port
from tests.servers.waiting import eventually

Run = Callable[..., Any]


@pytest.fixture
def courier(pool: "Pool[Any]", vault: Vault, http: aiohttp.ClientSession) -> Run:
    """`async with courier(limits):` has one at work."""

    @asynccontextmanager
    async def running(limits: Limits | None = None) -> AsyncIterator[Courier]:
        background, courier = Background(), Courier(pool, http, vault, limits)
        background.start("courier", courier.run)
        try:
            yield courier
        finally:
            await background.close()

    return running


async def becomes(organiser: Organiser, webhook: Webhook, message: Any, status: str, attempts: int = 1) -> None:
    async def so() -> bool:
        row = await organiser.row(webhook, message)
        return bool(row["status"] == status and row["attempts"] == attempts and row["lease"] is None)

    await eventually(so)


def logged(row: dict[str, Any]) -> list[dict[str, Any]]:
    entries = json.loads(row["log"])
    assert isinstance(entries, list)
    return entries


async def test_what_is_owed_arrives_signed_and_is_noted(organiser: Organiser, endpoint: Endpoint, courier: Run) -> None:
    webhook = await organiser.webhook(endpoint.url)
    (message,) = await organiser.owe()
    async with courier():
        await becomes(organiser, webhook, message, "delivered")
    (got,) = endpoint.received
    assert got.verified(organiser.secrets[webhook.id]) == {"type": "t"}
    assert got.id == str(message)
    (entry,) = logged(await organiser.row(webhook, message))
    assert (entry["status"], entry["detail"]) == (204, "")
    assert entry["milliseconds"] >= 0


async def test_a_failure_waits_and_goes_again_until_it_arrives(
    organiser: Organiser, endpoint: Endpoint, courier: Run
) -> None:
    endpoint.answers += [saying(500), saying(302, Location="http://127.0.0.1/")]
    webhook = await organiser.webhook(endpoint.url)
    (message,) = await organiser.owe()
    async with courier():
        for attempt in (1, 2):
            await becomes(organiser, webhook, message, "pending", attempt)
            assert 0 < (await organiser.row(webhook, message))["waits"] <= WAITS[attempt - 1] * 1.2
            assert (await organiser.endpoint_row(webhook))["failures"] == attempt
            await organiser.make_due()
        await becomes(organiser, webhook, message, "delivered", 3)
    assert [entry["status"] for entry in logged(await organiser.row(webhook, message))] == [500, 302, 204]
    assert len({got.id for got in endpoint.received}) == 1
    assert (await organiser.endpoint_row(webhook))["failing_since"] is None


async def test_after_the_last_attempt_it_is_given_up(
    organiser: Organiser, endpoint: Endpoint, courier: Run, pool: "Pool[Any]"
) -> None:
    endpoint.answers.append(saying(500))
    webhook = await organiser.webhook(endpoint.url)
    (message,) = await organiser.owe()
    await pool.execute("UPDATE webhook_deliveries SET attempts = $1", len(WAITS))
    async with courier():
        await becomes(organiser, webhook, message, "failed", len(WAITS) + 1)
        await organiser.make_due()
        (marker,) = await organiser.owe()
        await becomes(organiser, webhook, marker, "delivered")
    assert len(endpoint.received) == 2


async def test_410_disables_the_webhook_and_nothing_more_goes_there(
    organiser: Organiser, endpoint: Endpoint, other_endpoint: Endpoint, courier: Run
) -> None:
    endpoint.answers.append(saying(410))
    gone, other = await organiser.webhook(endpoint.url), await organiser.webhook(other_endpoint.url)
    (message,) = await organiser.owe()
    async with courier():
        await becomes(organiser, gone, message, "failed")
        assert (await organiser.endpoint_row(gone))["disabled_because"] == "gone"
        (later,) = await organiser.owe()
        await becomes(organiser, other, later, "delivered")
    assert len(endpoint.received) == 1
    assert await organiser.pool.fetchval("SELECT count(*) FROM webhook_deliveries WHERE webhook_id = $1", gone.id) == 1


async def test_429_with_retry_after_leaves_the_whole_endpoint_alone(
    organiser: Organiser, endpoint: Endpoint, other_endpoint: Endpoint, courier: Run
) -> None:
    endpoint.answers.append(saying(429, Retry_After="3600"))
    webhook, other = await organiser.webhook(endpoint.url), await organiser.webhook(other_endpoint.url)
    (message,) = await organiser.owe()
    async with courier():
        await becomes(organiser, webhook, message, "pending")
        assert 3590 < (await organiser.row(webhook, message))["waits"] <= 3600 * 1.2
        (behind,) = await organiser.owe()
        await becomes(organiser, other, behind, "delivered")
        assert await organiser.status(webhook, behind) == "pending"
        assert len(endpoint.received) == 1
        await organiser.make_due()
        await becomes(organiser, webhook, behind, "delivered")


async def test_an_endpoint_that_fails_for_days_is_disabled(
    organiser: Organiser, endpoint: Endpoint, courier: Run, pool: "Pool[Any]"
) -> None:
    endpoint.answers += [saying(500), saying(500)]
    webhook = await organiser.webhook(endpoint.url)
    (message,) = await organiser.owe()
    await pool.execute("UPDATE webhooks SET failures = 18, failing_since = now() - interval '5 days 1 minute'")
    async with courier():
        await becomes(organiser, webhook, message, "pending", 1)
        assert (await organiser.endpoint_row(webhook))["disabled_because"] is None
        await organiser.make_due()
        await becomes(organiser, webhook, message, "pending", 2)
    assert (await organiser.endpoint_row(webhook))["disabled_because"] == "failing"


async def test_one_success_ends_the_days_of_failure(
    organiser: Organiser, endpoint: Endpoint, courier: Run, pool: "Pool[Any]"
) -> None:
    webhook = await organiser.webhook(endpoint.url)
    (message,) = await organiser.owe()
    await pool.execute("UPDATE webhooks SET failures = 500, failing_since = now() - interval '6 days'")
    async with courier():
        await becomes(organiser, webhook, message, "delivered")
    row = await organiser.endpoint_row(webhook)
    assert (row["failures"], row["failing_since"], row["disabled_because"]) == (0, None, None)


async def test_endpoints_that_hang_hold_up_nobody_elses(
    pool: "Pool[Any]", vault: Vault, organiser: Organiser, endpoint: Endpoint, courier: Run
) -> None:
    """Many hang at once, each with a backlog, and with more of them than places: the healthy one gets all of its own.

    No hanging one is answered before the last healthy delivery has come: whatever held up would never end.
    """
    limits = Limits(slots=12, each=4, failing_slots=4, failing_each=1)
    webhook = await organiser.webhook(endpoint.url)
    async with serving(free_port()) as hanging:
        hanging.answers = [hanging.hang] * 1000
        slow = [await an_organiser(pool, vault, f"Slow{number}") for number in range(6)]
        theirs = [await one.webhook(hanging.url) for one in slow]
        await pool.execute("UPDATE webhooks SET failing_since = now() WHERE id = ANY($1)", [one.id for one in theirs])
        # Two that were well until now: they may take four places each, once.
        await pool.execute("UPDATE webhooks SET failing_since = NULL WHERE id = $1", theirs[0].id)
        for one in slow:
            await one.owe(50)
        async with courier(limits):
            await eventually(lambda: _so(len(hanging.received) >= 4 + limits.failing_slots))
            messages = await organiser.owe(60)
            for message in messages:
                await becomes(organiser, webhook, message, "delivered")
            assert {got.id for got in endpoint.received} == {str(message) for message in messages}
            assert len(hanging.received) == 4 + limits.failing_slots
            assert await _delivered(pool, theirs) == 0
            hanging.release.set()
            hanging.answers.clear()
            await eventually(lambda: _all_delivered(pool, theirs, 300))


async def test_an_endpoint_gets_no_more_at_once_than_its_share(
    organiser: Organiser, endpoint: Endpoint, courier: Run
) -> None:
    endpoint.answers = [endpoint.hang] * 30
    await organiser.webhook(endpoint.url)
    await organiser.owe(30)
    async with courier(Limits(each=3)), serving(free_port()) as marker:
        watched = await organiser.webhook(marker.url)
        (message,) = await organiser.owe()
        await becomes(organiser, watched, message, "delivered")
        await eventually(lambda: _so(len(endpoint.received) >= 3))
        assert len(endpoint.received) == 3
        endpoint.release.set()
        await eventually(lambda: _so(len(endpoint.received) == 31))


async def test_two_couriers_side_by_side_deliver_each_once(
    organiser: Organiser, endpoint: Endpoint, courier: Run
) -> None:
    webhook = await organiser.webhook(endpoint.url)
    messages = await organiser.owe(150)
    async with courier(), courier():
        await eventually(lambda: _all_delivered(organiser.pool, [webhook], len(messages)))
    assert sorted(got.id for got in endpoint.received) == sorted(str(message) for message in messages)


async def test_a_courier_that_dies_between_delivery_and_note_delivers_again(
    organiser: Organiser, endpoint: Endpoint, courier: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once: with the same id, by which a receiver knows it."""
    webhook = await organiser.webhook(endpoint.url)
    (message,) = await organiser.owe()
    noting = asyncio.Event()

    async def die(*_: Any) -> bool:
        noting.set()
        await asyncio.Event().wait()
        raise AssertionError

    with monkeypatch.context() as patched:
        patched.setattr(store, "note", die)
        patched.setattr("services.orders.webhooks.courier.STOP_SECONDS", 0.01)
        async with courier():
            await noting.wait()
    row = await organiser.row(webhook, message)
    assert (row["status"], row["lease"] is None) == ("pending", False)
    assert 0 < row["waits"] <= store.LEASE.total_seconds()
    await organiser.make_due()
    async with courier():
        await becomes(organiser, webhook, message, "delivered", 2)
    assert [got.id for got in endpoint.received] == [str(message)] * 2


async def test_who_lost_the_lease_has_a_say_only_when_it_was_delivered(
    organiser: Organiser, endpoint: Endpoint
) -> None:
    webhook = await organiser.webhook(endpoint.url)
    (message,) = await organiser.owe()
    async with connection(organiser.pool) as held:
        (first,) = await store.take(held, 10, 4, {}, failing=False)
        assert await store.take(held, 10, 4, {}, failing=False) == []
        await organiser.make_due()
        (second,) = await store.take(held, 10, 4, {}, failing=False)
        assert (first.attempt, second.attempt) == (1, 2)
        entry = {"at": "", "status": 500, "milliseconds": 1, "detail": ""}
        assert not await store.note(held, first, store.Note("failed", None, entry))
        await store.give_back(held, first)
        assert (await organiser.row(webhook, message))["attempts"] == 2
        assert await store.note(held, first, store.Note("delivered", None, entry))
        assert not await store.note(held, second, store.Note("failed", None, entry))
    assert await organiser.status(webhook, message) == "delivered"


async def test_what_is_under_way_when_it_stops_is_given_back_uncounted(
    organiser: Organiser, endpoint: Endpoint, courier: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.orders.webhooks.courier.STOP_SECONDS", 0.01)
    endpoint.answers.append(endpoint.hang)
    webhook = await organiser.webhook(endpoint.url)
    (message,) = await organiser.owe()
    async with courier():
        await eventually(lambda: _so(bool(endpoint.received)))
    row = await organiser.row(webhook, message)
    assert (row["status"], row["attempts"], row["lease"]) == ("pending", 0, None)
    assert row["waits"] <= 0


async def test_what_breaks_on_our_side_counts_as_an_attempt(
    organiser: Organiser, endpoint: Endpoint, courier: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr("services.orders.webhooks.courier.deliver", broken)
    webhook = await organiser.webhook(endpoint.url)
    (message,) = await organiser.owe()
    async with courier():
        await becomes(organiser, webhook, message, "pending")
    assert logged(await organiser.row(webhook, message))[0]["detail"] == "Something broke on our side."


async def test_a_secret_that_opens_no_more_is_told_and_nothing_is_sent(
    organiser: Organiser, endpoint: Endpoint, pool: "Pool[Any]", http: aiohttp.ClientSession
) -> None:
    webhook = await organiser.webhook(endpoint.url)
    (message,) = await organiser.owe()
    background, courier = Background(), Courier(pool, http, Vault(Keyring((b"x" * 32,))))
    background.start("courier", courier.run)
    await becomes(organiser, webhook, message, "pending")
    await background.close()
    assert "Rotate the secret" in logged(await organiser.row(webhook, message))[0]["detail"]
    assert endpoint.received == []


async def test_old_deliveries_go_and_with_them_their_messages(organiser: Organiser, endpoint: Endpoint) -> None:
    webhook = await organiser.webhook(endpoint.url)
    old = await organiser.owe(5)
    await organiser.pool.execute("UPDATE webhook_deliveries SET created_at = now() - interval '30 days 1 hour'")
    await organiser.pool.execute("UPDATE webhook_messages SET kept_at = now() - interval '31 days 1 hour'")
    (young,) = await organiser.owe()
    gone: list[int] = []
    async with connection(organiser.pool) as held:
        while not gone or gone[-1]:
            gone.append(await store.forget(held, timedelta(days=30), 3))
    assert gone == [3, 2, 3, 2, 0]
    assert await organiser.status(webhook, young) == "pending"
    assert await organiser.pool.fetchval("SELECT array_agg(id) FROM webhook_messages") == [young]
    assert len(old) == 5


async def _so(condition: bool) -> bool:
    return condition


async def _delivered(pool: "Pool[Any]", webhooks: list[Webhook]) -> int:
    return int(
        await pool.fetchval(
            "SELECT count(*) FROM webhook_deliveries WHERE status = 'delivered' AND webhook_id = ANY($1)",
            [webhook.id for webhook in webhooks],
        )
    )


async def _all_delivered(pool: "Pool[Any]", webhooks: list[Webhook], count: int) -> bool:
    return await _delivered(pool, webhooks) == count
