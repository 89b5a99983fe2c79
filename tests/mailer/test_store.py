"""One row a mail: who may send it, and who may say what became of it."""

from datetime import timedelta
from typing import Any

from services.mailer import store
from services.mailer.mails import MailKey
from services.mailer.outcomes import Settle, Tries, Wait
from services.mailer.store import Claim, Held, Settled
from shared.database import Pool, connection

KEY = MailKey("tickets", "7K2MX-Q4P9D", "ada@example.org")
COUNTED = Wait(timedelta(0), "450 later", counts=True)
UNCOUNTED = Wait(timedelta(0), "nobody there", counts=False)
DOUBTFUL = Wait(timedelta(0), "line lost", counts=True, doubtful=True)


async def claimed(pool: "Pool[Any]", key: MailKey = KEY) -> Claim:
    async with connection(pool) as held:
        claim = await store.claim(held, key)
    assert isinstance(claim, Claim)
    return claim


async def run_out(pool: "Pool[Any]") -> None:
    """As if the lease's time had passed."""
    async with connection(pool) as held:
        await held.execute("UPDATE mails SET not_before = clock_timestamp()")


async def test_a_mail_is_claimed_by_one_at_a_time(pool: "Pool[Any]") -> None:
    await claimed(pool)

    async with connection(pool) as held:
        second = await store.claim(held, KEY)

    assert isinstance(second, Held)
    assert timedelta(0) < second.remaining <= store.LEASE


async def test_other_templates_recipients_and_revisions_are_other_mails(pool: "Pool[Any]") -> None:
    await claimed(pool)
    await claimed(pool, MailKey("tickets", KEY.number, "bob@example.org"))
    await claimed(pool, MailKey("cancelled", KEY.number, KEY.recipient))
    await claimed(pool, MailKey("tickets", KEY.number, KEY.recipient, revision=2))


async def test_a_lease_that_ran_out_is_anyones(pool: "Pool[Any]") -> None:
    first = await claimed(pool)
    await run_out(pool)
    second = await claimed(pool)

    async with connection(pool) as held:
        assert not await store.renew(held, first)
        assert await store.renew(held, second)


async def test_a_waiting_mail_is_not_claimed_before_its_time(pool: "Pool[Any]") -> None:
    claim = await claimed(pool)

    async with connection(pool) as held:
        await store.postpone(held, claim, Wait(timedelta(hours=2), "450 later", counts=True))
        again = await store.claim(held, KEY)

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
        assert isinstance(await store.claim(held, KEY), Settled)


async def test_who_lost_the_lease_has_no_say_in_a_failure(pool: "Pool[Any]") -> None:
    first = await claimed(pool)
    await run_out(pool)
    second = await claimed(pool)

    async with connection(pool) as held:
        assert not await store.settle(held, first, Settle("failed", "550"))
        await store.postpone(held, first, Wait(timedelta(hours=9), "450", counts=True))
        assert await store.renew(held, second)


async def test_who_lost_the_lease_and_sent_it_is_believed(pool: "Pool[Any]") -> None:
    first = await claimed(pool)
    await run_out(pool)
    second = await claimed(pool)

    async with connection(pool) as held:
        assert await store.settle(held, first, Settle("sent"))
        assert not await store.settle(held, second, Settle("sent"))
