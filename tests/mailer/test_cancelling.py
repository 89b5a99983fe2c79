"""A cancelled order ends with the one mail that says so; tickets asked for again come once for each request."""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import permutations
from typing import Any

from services.mailer import store
from services.mailer.handlers import OrderMails
from services.mailer.mails import MailKey, message_id
from shared.bus import Done, Later, Verdict
from shared.database import Pool
from shared.messages import (
    EmailSent,
    Fact,
    OrderCancelled,
    OrderResendRequested,
    StoredDocument,
    TicketsIssued,
    read,
)
from shared.object_store import ObjectStore
from tests.mailer.building import PDF, delivery_of, order_cancelled, tickets_issued
from tests.mailer.mail_server import MailServer, saying
from tests.mailer.test_handlers import make_due

# Each message twice, and each way to put them in a row.
TWICE = sorted(set(permutations(["issued", "issued", "cancelled", "cancelled", "again", "again"])))


async def handle(mailer: OrderMails, fact: Fact) -> Verdict:
    delivery = delivery_of(fact)
    match fact:
        case TicketsIssued():
            return await mailer.tickets_issued(fact, delivery)
        case OrderCancelled():
            return await mailer.order_cancelled(fact, delivery)
        case OrderResendRequested():
            return await mailer.resend_requested(fact, delivery)
    raise AssertionError(fact)


async def handle_all(mailer: OrderMails, facts: Sequence[Fact]) -> None:
    """In this order; what is to come back later does so when the others have been handled."""
    waiting = deque(facts)
    for _ in range(3 * len(facts)):
        if not waiting:
            return
        verdict = await handle(mailer, waiting[0])
        if isinstance(verdict, Later):
            waiting.append(waiting[0])
        waiting.popleft()
    # Only what will never be issued may still wait for it.
    assert {type(fact) for fact in waiting} <= {OrderResendRequested}


def templates(mail_server: MailServer, number: str) -> list[str]:
    """The mails about this order, by template and revision, in the order they came."""
    keys = [MailKey(kind, number, "ada@example.org", n) for kind in ("tickets", "cancellation") for n in (1, 2, 3)]
    names = {message_id(key, "example.org"): f"{key.template} {key.revision}" for key in keys}
    came = [mail.message["Message-ID"] for mail in mail_server.received]
    return [names[name] for name in came if name in names]


def of_order(number: str) -> dict[str, Fact]:
    pdf = tickets_issued().pdf
    issued = TicketsIssued(
        number=number,
        event=tickets_issued().event,
        buyer=tickets_issued().buyer,
        locale="en",
        pdf=StoredDocument(pdf.key, pdf.size, pdf.sha256),
        tickets=2,
    )
    again = OrderResendRequested(number=number, revision=2)
    return {"issued": issued, "again": again, "cancelled": order_cancelled(number)}


async def test_whatever_order_messages_come_in_and_however_often_the_end_is_the_same(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    for place, deliveries in enumerate(TWICE):
        number = f"{place:05}-00000"
        facts = of_order(number)
        await handle_all(mailer, [facts[name] for name in deliveries])

        came = templates(mail_server, number)
        before = deliveries[: deliveries.index("cancelled")]
        expected = {"tickets 1"} if "issued" in before else set()
        if "issued" in before and "again" in before[before.index("issued") :]:
            expected.add("tickets 2")
        assert came[-1] == "cancellation 1", deliveries
        assert len(came) == len(set(came)), deliveries
        assert set(came[:-1]) == expected, deliveries
    assert await pool.fetchval("SELECT count(*) FROM mails WHERE status = 'pending'") == 0
    assert await pool.fetchval("SELECT count(*) FROM outbox") == len(mail_server.received)


async def test_each_request_is_one_mail_and_a_redelivered_one_none(mailer: OrderMails, mail_server: MailServer) -> None:
    for place, deliveries in enumerate(sorted(set(permutations(["issued", "issued", "again", "again", "third"])))):
        number = f"{place:05}-00000"
        facts = of_order(number) | {"third": OrderResendRequested(number=number, revision=3)}
        await handle_all(mailer, [facts[name] for name in deliveries])

        assert sorted(templates(mail_server, number)) == ["tickets 1", "tickets 2", "tickets 3"], deliveries
    received = [mail.message for mail in mail_server.received]
    assert len({mail["Message-ID"] for mail in received}) == len(received)
    assert {next(mail.iter_attachments()).get_content() for mail in received} == {PDF}


async def test_a_report_names_the_mail_it_is_about(mailer: OrderMails, pool: "Pool[Any]") -> None:
    facts = of_order("7K2MX-Q4P9D")
    await handle_all(mailer, [facts["issued"], facts["again"], facts["cancelled"]])

    told = [read(EmailSent, row["body"]) for row in await pool.fetch("SELECT body FROM outbox ORDER BY position")]
    assert [(sent.template, sent.revision) for sent in told] == [("tickets", 1), ("tickets", 2), ("cancellation", 1)]


async def test_a_mail_of_tickets_that_waits_is_withdrawn_and_the_cancellation_goes_at_once(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    mail_server.on_rcpt = [saying("450 4.2.0 greylisted")]
    assert isinstance(await handle(mailer, tickets_issued()), Later)
    assert await handle(mailer, order_cancelled()) == Done()
    await make_due(pool)

    assert await handle(mailer, tickets_issued()) == Done()
    assert templates(mail_server, "7K2MX-Q4P9D") == ["cancellation 1"]


async def test_a_mail_of_tickets_that_is_on_its_way_comes_before_the_cancellation(
    mailer: OrderMails, mail_server: MailServer
) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def stall(_: object) -> str:
        reached.set()
        await go_on.wait()
        return "250 OK"

    mail_server.on_rcpt = [stall]
    under_way = asyncio.create_task(handle(mailer, tickets_issued()))
    await reached.wait()
    too_early = await handle(mailer, order_cancelled())
    go_on.set()

    assert isinstance(too_early, Later)
    assert not too_early.counts
    assert too_early.after
    assert too_early.after.total_seconds() <= store.LEASE.total_seconds() + 1
    assert await under_way == Done()
    assert await handle(mailer, order_cancelled()) == Done()
    assert templates(mail_server, "7K2MX-Q4P9D") == ["tickets 1", "cancellation 1"]


async def test_a_worker_killed_with_a_mail_of_tickets_holds_the_cancellation_up_for_its_lease_only(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    reached = asyncio.Event()

    async def stall(_: object) -> str:
        reached.set()
        await asyncio.Event().wait()
        return ""

    mail_server.on_rcpt = [stall]
    killed = asyncio.create_task(handle(mailer, tickets_issued()))
    await reached.wait()
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    assert isinstance(await handle(mailer, order_cancelled()), Later)
    await make_due(pool)

    assert await handle(mailer, order_cancelled()) == Done()
    assert await handle(mailer, tickets_issued()) == Done()
    assert templates(mail_server, "7K2MX-Q4P9D") == ["cancellation 1"]


async def test_a_withdrawn_mail_that_can_not_go_now_frees_the_cancellation(
    mailer: OrderMails, mail_server: MailServer
) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def stall(_: object) -> str:
        reached.set()
        await go_on.wait()
        return "450 4.2.0 greylisted"

    mail_server.on_rcpt = [stall]
    under_way = asyncio.create_task(handle(mailer, tickets_issued()))
    await reached.wait()
    assert isinstance(await handle(mailer, order_cancelled()), Later)
    go_on.set()
    await under_way

    assert await handle(mailer, order_cancelled()) == Done()
    assert templates(mail_server, "7K2MX-Q4P9D") == ["cancellation 1"]


async def test_many_workers_with_everything_at_once_end_with_one_cancellation(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    facts = list(of_order("7K2MX-Q4P9D").values()) * 3
    await asyncio.gather(*(handle(mailer, fact) for fact in facts))
    await make_due(pool)
    await handle_all(mailer, facts)

    came = templates(mail_server, "7K2MX-Q4P9D")
    assert came[-1] == "cancellation 1"
    assert came.count("cancellation 1") == 1
    assert len(came) == len(set(came))


async def test_the_pdf_of_a_resend_is_checked_too(mailer: OrderMails, objects: ObjectStore) -> None:
    facts = of_order("7K2MX-Q4P9D")
    await handle(mailer, facts["issued"])
    await objects.put(tickets_issued().pdf.key, b"another")

    verdict = await handle(mailer, facts["again"])

    assert isinstance(verdict, Later)
    assert not verdict.counts
