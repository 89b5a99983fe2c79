"""Reports of tickets and mailer, written for many orders in one transaction, each with its own effect."""

import asyncio
from collections.abc import Sequence
from typing import Any

from services.orders.handlers import Follower
from shared.bus import Delivery, Done, Later, Never, Verdict
from shared.database import Pool, open_pool
from shared.identifiers import uuid7
from shared.messages import EmailSent, Fact, TicketsFailed, message
from shared.queues import queue_of

MANY = 300


def sent(number: str, revision: int = 1) -> EmailSent:
    return EmailSent(number=number, template="tickets", recipient="ada@example.org", revision=revision)


def delivery_of(fact: Fact) -> Delivery:
    return Delivery(message(fact, source="mailer"), queue_of("orders", type(fact)), 1)


async def follow(follower: Follower, facts: Sequence[Fact]) -> list[Verdict]:
    return await asyncio.gather(*(follower.follow(fact, delivery_of(fact)) for fact in facts))


async def place(pool: "Pool[Any]", count: int) -> list[str]:
    numbers = [f"ORDER-{n:05}" for n in range(count)]
    await pool.execute(
        "INSERT INTO orders (id, number, event_id, buyer_name, buyer_email, locale, lines, total_amount, currency, "
        "placed_at) SELECT gen_random_uuid(), number, $2, 'Ada', 'ada@example.org', 'en', '[]', 0, 'EUR', now() "
        "FROM unnest($1::text[]) AS number",
        numbers,
        uuid7(),
    )
    return numbers


async def states(pool: "Pool[Any]") -> dict[str, tuple[str, str]]:
    rows = await pool.fetch("SELECT number, tickets_status, email_status FROM orders")
    return {row["number"]: (row["tickets_status"], row["email_status"]) for row in rows}


async def test_many_reports_are_written_in_few_transactions_each_into_its_order(pool: "Pool[Any]") -> None:
    numbers = await place(pool, MANY)
    assert await follow(Follower(pool), [sent(number) for number in numbers]) == [Done()] * MANY
    assert await states(pool) == dict.fromkeys(numbers, ("pending", "sent"))
    assert await pool.fetchval("SELECT count(DISTINCT xmin::text) FROM order_news") <= 3
    assert await pool.fetchval("SELECT count(DISTINCT number) FROM order_news") == MANY


async def test_a_report_that_comes_several_times_in_a_batch_is_followed_once(pool: "Pool[Any]") -> None:
    (number,) = await place(pool, 1)
    assert await follow(Follower(pool), [sent(number)] * 5) == [Done()] * 5
    assert await pool.fetchval("SELECT count(*) FROM order_news") == 1


async def test_reports_about_one_order_in_one_batch_are_followed_in_their_order(pool: "Pool[Any]") -> None:
    (number,) = await place(pool, 1)
    await follow(Follower(pool), [TicketsFailed(number=number, reason="too large"), sent(number), sent(number, 2)])
    assert await states(pool) == {number: ("failed", "sent")}
    names = await pool.fetch("SELECT name FROM order_news ORDER BY id")
    assert [row["name"] for row in names] == ["tickets.failed", "email.sent", "email.sent"]


async def test_a_report_of_an_unknown_order_harms_itself_alone_and_can_be_replayed(pool: "Pool[Any]") -> None:
    follower, numbers = Follower(pool), await place(pool, 20)
    verdicts = await follow(follower, [sent(number) for number in [*numbers, "UNKNOWN"]])
    assert verdicts == [Done()] * 20 + [Never("no order UNKNOWN")]
    await pool.execute("UPDATE orders SET number = 'UNKNOWN' WHERE number = $1", numbers[0])
    await pool.execute("UPDATE orders SET email_status = 'pending'")
    assert await follow(follower, [sent("UNKNOWN")]) == [Done()]
    assert (await states(pool))["UNKNOWN"] == ("pending", "sent")


async def test_a_poisonous_report_in_a_batch_of_five_hundred_harms_itself_alone(pool: "Pool[Any]") -> None:
    numbers = await place(pool, 500)
    await pool.execute(
        """
        CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.number = 'ORDER-00250' THEN RAISE 'poison'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER poison BEFORE INSERT ON order_news FOR EACH ROW EXECUTE FUNCTION poison();
        """
    )
    follower, facts = Follower(pool), [sent(number) for number in numbers]
    outcomes = await asyncio.gather(
        *(follower.follow(fact, delivery_of(fact)) for fact in facts), return_exceptions=True
    )
    assert [n for n, outcome in enumerate(outcomes) if outcome != Done()] == [250]
    assert [number for number, (_, email) in (await states(pool)).items() if email == "pending"] == ["ORDER-00250"]


async def test_with_the_database_away_reports_come_again_uncounted(free_port: int) -> None:
    pool = await open_pool(f"postgresql://127.0.0.1:{free_port}/none", "orders")
    verdicts = await follow(Follower(pool), [sent("7K2MX-Q4P9D")] * 3)
    assert all(isinstance(verdict, Later) and not verdict.counts for verdict in verdicts)
    pool.terminate()
