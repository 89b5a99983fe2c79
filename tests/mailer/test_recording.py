"""What became of many mails, recorded, reported and acknowledged in one transaction, each with its own end."""

import asyncio
from typing import Any

from prometheus_client import CollectorRegistry

from services.mailer.in_hand import Work
from services.mailer.mails import MailKey
from services.mailer.measuring import MailMeasures
from services.mailer.outcomes import Settle
from services.mailer.recording import Recorder, Settlement
from services.mailer.store import Claim
from shared.bus import Delivery
from shared.database import Pool
from tests.mailer.building import delivery_of, tickets_issued
from tests.mailer.test_store import claimed, run_out

MANY = 50


def a_recorder(pool: "Pool[Any]") -> Recorder:
    return Recorder(pool, lambda: None, MailMeasures(CollectorRegistry()), journal=None, domain="example.org")


def settlement(claim: Claim, end: Settle) -> Settlement:
    delivery: Delivery = delivery_of(tickets_issued(claim.key.number))
    return Settlement(claim, end, delivery)


async def statuses(pool: "Pool[Any]") -> dict[str, str]:
    return {row["number"]: row["status"] for row in await pool.fetch("SELECT number, status FROM mails")}


async def settle_all(pool: "Pool[Any]", settlements: list[Settlement]) -> None:
    recorder = a_recorder(pool)
    await asyncio.gather(*(recorder.settle(each, Work()) for each in settlements))


async def test_many_ends_are_recorded_in_few_transactions_each_with_its_own(pool: "Pool[Any]") -> None:
    ends = [Settle("sent"), Settle("bounced", "550 5.1.1 nobody"), Settle("failed", "554 5.6.0 no")]
    numbers = [f"MAIL-{n:02}" for n in range(MANY)]
    claims = [await claimed(pool, MailKey("tickets", number, "ada@example.org")) for number in numbers]
    await settle_all(pool, [settlement(claim, ends[n % 3]) for n, claim in enumerate(claims)])

    assert await statuses(pool) == {number: ends[n % 3].status for n, number in enumerate(numbers)}
    assert await pool.fetchval("SELECT count(DISTINCT xmin::text) FROM mails") <= 2
    assert await pool.fetchval("SELECT count(DISTINCT subject) FROM outbox") == MANY


async def test_the_end_of_a_mail_that_passed_into_other_hands_is_not_recorded_with_the_others(
    pool: "Pool[Any]",
) -> None:
    lost = await claimed(pool, MailKey("tickets", "LOST", "ada@example.org"))
    await run_out(pool)
    await claimed(pool, lost.key)
    kept = await claimed(pool, MailKey("tickets", "KEPT", "ada@example.org"))
    await settle_all(pool, [settlement(lost, Settle("failed", "no")), settlement(kept, Settle("failed", "no"))])

    assert await statuses(pool) == {"LOST": "pending", "KEPT": "failed"}
    assert [row["subject"] for row in await pool.fetch("SELECT subject FROM outbox")] == ["KEPT"]
