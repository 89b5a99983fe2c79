"""One row a mail: who may send it, and who may say what became of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from services.mailer import store
from services.mailer.mails import MailKey
from services.mailer.outcomes import Settle, Tries, Wait
from services.mailer.store import Answer, Claim, Claimant, Held, Settled, Superseded
from shared.database import Pool, connection

KEY = MailKey("tickets", "7K2MX-Q4P9D", "ada@example.org")
COUNTED = Wait(timedelta(0), "450 later", counts=True)
UNCOUNTED = Wait(timedelta(0), "nobody there", counts=False)
DOUBTFUL = Wait(timedelta(0), "line lost", counts=True, doubtful=True)


async def a_mailer(pool: "Pool[Any]") -> UUID:
    """One that lives until someone says otherwise."""
    mailer = uuid4()
    async with connection(pool) as held:
        await store.mailers.enter(held, mailer)
    return mailer


async def ask(
    pool: "Pool[Any]", key: MailKey = KEY, *, asked_by: str = "1", steady: bool = True, by: Claimant | None = None
) -> Answer:
    """By a mailer that has not asked before, unless it is given."""
    by = by or Claimant(await a_mailer(pool), asked_by, steady)
    async with connection(pool) as held:
        return await store.claim(held, key, by)


async def claimed(pool: "Pool[Any]", key: MailKey = KEY, *, asked_by: str = "1", steady: bool = True) -> Claim:
    claim = await ask(pool, key, asked_by=asked_by, steady=steady)
    assert isinstance(claim, Claim)
    return claim


async def run_out(pool: "Pool[Any]") -> None:
    """As if the longest had passed that a mail is in anyone's hands."""
    async with connection(pool) as held:
        await held.execute("UPDATE mails SET not_before = clock_timestamp()")


async def test_a_mail_is_claimed_by_one_at_a_time(pool: "Pool[Any]") -> None:
    await claimed(pool)

    second = await ask(pool)

    assert isinstance(second, Held)
    assert timedelta(0) < second.remaining <= store.ASK_AGAIN


async def test_other_templates_recipients_and_revisions_are_other_mails(pool: "Pool[Any]") -> None:
    await claimed(pool)
    await claimed(pool, MailKey("tickets", KEY.number, "bob@example.org"))
    await claimed(pool, MailKey("cancelled", KEY.number, KEY.recipient))
    await claimed(pool, MailKey("tickets", KEY.number, KEY.recipient, revision=2))


async def test_a_mail_nobody_has_recorded_for_too_long_is_anyones_who_has_been_in_touch(pool: "Pool[Any]") -> None:
    first = await claimed(pool)
    await run_out(pool)
    too_soon = await ask(pool, steady=False)
    second = await claimed(pool, steady=True)

    assert isinstance(too_soon, Held)
    async with connection(pool) as held:
        assert not await store.settle(held, first, Settle("failed", "550"))
        assert await store.settle(held, second, Settle("failed", "550"))


async def test_a_mail_in_the_hands_of_a_mailer_that_was_taken_off_is_anyones(pool: "Pool[Any]") -> None:
    first = await claimed(pool)
    async with connection(pool) as held:
        assert await store.mailers.take_off(held, first.owner, 0)

    assert isinstance(await ask(pool, steady=False), Claim)


async def test_a_mail_that_was_let_go_is_anyones_and_a_later_claim_is_not_let_go_with_it(pool: "Pool[Any]") -> None:
    first = await claimed(pool)
    async with connection(pool) as held:
        await store.release(held, KEY, first.lease)
    await claimed(pool)
    async with connection(pool) as held:
        await store.release(held, KEY, first.lease)

    assert isinstance(await ask(pool), Held)


async def test_a_lease_of_the_version_before_is_honoured_until_it_ends(pool: "Pool[Any]") -> None:
    await pool.execute(
        "INSERT INTO mails (number, template, recipient, revision, lease, not_before) "
        "VALUES ($1, $2, $3, 1, gen_random_uuid(), clock_timestamp() + interval '15 seconds')",
        KEY.number,
        KEY.template,
        KEY.recipient,
    )
    assert isinstance(await ask(pool), Held)
    await run_out(pool)

    assert isinstance(await ask(pool), Claim)


async def test_of_several_messages_that_wait_for_one_mail_the_newest_stays(pool: "Pool[Any]") -> None:
    claim = await claimed(pool, asked_by="2")
    async with connection(pool) as held:
        await store.postpone(held, claim, Wait(timedelta(hours=2), "450 later", counts=True))

    assert isinstance(await ask(pool, asked_by="1"), Superseded)
    assert isinstance(await ask(pool, asked_by="2"), Held)
    assert isinstance(await ask(pool, asked_by="3"), Held)
    assert isinstance(await ask(pool, asked_by="2"), Superseded)
    assert isinstance(await ask(pool, asked_by="3"), Held)


async def test_a_mail_that_is_due_goes_to_whichever_message_comes_first(pool: "Pool[Any]") -> None:
    claim = await claimed(pool, asked_by="2")
    async with connection(pool) as held:
        await store.postpone(held, claim, COUNTED)

    assert isinstance(await ask(pool, asked_by="1"), Claim)


async def test_who_asks_anew_for_a_settled_mail_hears_what_became_of_it(pool: "Pool[Any]") -> None:
    claim = await claimed(pool, asked_by="1")
    async with connection(pool) as held:
        await store.settle(held, claim, Settle("bounced", "550 5.1.1"))

    assert await ask(pool, asked_by="1") == Settled()
    assert await ask(pool, asked_by="2") == Settled("bounced", "550 5.1.1")


async def test_a_waiting_mail_is_not_claimed_before_its_time(pool: "Pool[Any]") -> None:
    claim = await claimed(pool)

    async with connection(pool) as held:
        await store.postpone(held, claim, Wait(timedelta(hours=2), "450 later", counts=True))
    again = await ask(pool)

    assert isinstance(again, Held)
    assert timedelta(minutes=119) < again.remaining <= timedelta(hours=2)


async def test_attempts_and_postponements_are_counted_apart(pool: "Pool[Any]") -> None:
    seen = []
    for wait in (UNCOUNTED, UNCOUNTED, COUNTED, UNCOUNTED, DOUBTFUL):
        claim = await claimed(pool)
        seen.append(claim.tries)
        async with connection(pool) as held:
            await store.postpone(held, claim, wait)
    seen.append((await claimed(pool)).tries)

    assert seen == [Tries(0, 0), Tries(0, 1), Tries(0, 2), Tries(1, 0), Tries(1, 1), Tries(2, 0)]
    async with connection(pool) as held:
        assert await held.fetchval("SELECT doubtful FROM mails") == 1


async def test_a_settled_mail_is_settled_for_good(pool: "Pool[Any]") -> None:
    claim = await claimed(pool)

    async with connection(pool) as held:
        assert await store.settle(held, claim, Settle("sent"))
        assert not await store.settle(held, claim, Settle("sent"))
        assert not await store.settle(held, claim, Settle("failed", "too late"))
        await store.postpone(held, claim, COUNTED)
        await run_out(pool)
    assert isinstance(await ask(pool), Settled)


async def test_who_lost_the_lease_has_no_say_in_a_failure(pool: "Pool[Any]") -> None:
    first = await claimed(pool)
    await run_out(pool)
    second = await claimed(pool)

    async with connection(pool) as held:
        assert not await store.settle(held, first, Settle("failed", "550"))
        await store.postpone(held, first, Wait(timedelta(hours=9), "450", counts=True))
        assert await store.settle(held, second, Settle("failed", "550"))


async def test_who_lost_the_lease_and_sent_it_is_believed(pool: "Pool[Any]") -> None:
    first = await claimed(pool)
    await run_out(pool)
    second = await claimed(pool)

    async with connection(pool) as held:
        assert await store.settle(held, first, Settle("sent"))
        assert not await store.settle(held, second, Settle("sent"))


async def test_a_later_mail_that_went_withdraws_the_earlier_ones_that_wait_and_no_other(pool: "Pool[Any]") -> None:
    first = await claimed(pool)
    async with connection(pool) as held:
        await store.postpone(held, first, COUNTED)
    other = await claimed(pool, MailKey("cancellation", KEY.number, KEY.recipient))
    third = await claimed(pool, MailKey(KEY.template, KEY.number, KEY.recipient, 3))
    second = await claimed(pool, MailKey(KEY.template, KEY.number, KEY.recipient, 2))
    async with connection(pool) as held:
        assert await store.settle(held, second, Settle("sent"))
        rows = await held.fetch("SELECT template, revision, status FROM mails ORDER BY template, revision")

    assert [tuple(row) for row in rows] == [
        (other.key.template, 1, "pending"),
        (KEY.template, 1, "withdrawn"),
        (KEY.template, 2, "sent"),
        (third.key.template, 3, "pending"),
    ]
    assert await ask(pool, asked_by="2") == Settled()
