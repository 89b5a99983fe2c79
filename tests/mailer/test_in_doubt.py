"""After a restore: a mail that may have gone is sent by nobody, until someone decides."""

from typing import Any

import pytest

from services.mailer import store
from services.mailer.handlers import OrderMails
from services.mailer.mails import CANCELLATION, TICKETS, MailKey
from shared.bus import Done
from shared.database import Pool, connection, transaction
from shared.messages import EmailSent, Fact, OrderResendRequested, read
from tests.mailer.building import order_cancelled, tickets_issued
from tests.mailer.mail_server import MailServer
from tests.mailer.test_cancelling import handle, handle_all, templates

NUMBER = "7K2MX-Q4P9D"
TICKETS_MAIL = MailKey(TICKETS, NUMBER, "ada@example.org")
CANCELLATION_MAIL = MailKey(CANCELLATION, NUMBER, "ada@example.org")


async def put_in_doubt(pool: "Pool[Any]", *keys: MailKey) -> None:
    """As `boxoffice restore` does with what the copy has not settled."""
    async with connection(pool) as held:
        for key in keys:
            await held.execute(
                "INSERT INTO mails (number, template, recipient, revision, status, not_before) "
                "VALUES ($1, $2, $3, $4, 'in-doubt', now())",
                *(key.number, key.template, key.recipient, key.revision),
            )


async def asked_for(pool: "Pool[Any]") -> list[Fact]:
    """What the mailer has put into its outbox for itself, and takes from there."""
    rows = await pool.fetch(
        "DELETE FROM outbox WHERE key = $1 RETURNING body",
        OrderResendRequested.key,
    )
    return [read(OrderResendRequested, row["body"]) for row in rows]


async def release(pool: "Pool[Any]", *keys: MailKey) -> int:
    async with transaction(pool) as held:
        return await store.release_in_doubt(held, keys)


async def test_no_message_sends_a_mail_in_doubt(mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]") -> None:
    await put_in_doubt(pool, TICKETS_MAIL, CANCELLATION_MAIL)

    for fact in (tickets_issued(), OrderResendRequested(number=NUMBER, revision=1), order_cancelled()):
        assert await handle(mailer, fact) == Done()

    assert mail_server.received == []
    async with connection(pool) as held:
        assert await store.in_doubt(held) == [CANCELLATION_MAIL, TICKETS_MAIL]


async def test_tickets_asked_for_after_the_restore_are_sent_beside_the_mail_in_doubt(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    await put_in_doubt(pool, TICKETS_MAIL)

    await handle_all(mailer, [tickets_issued(), OrderResendRequested(number=NUMBER, revision=2)])

    assert templates(mail_server, NUMBER) == ["tickets 2"]


async def test_a_released_mail_whose_message_has_come_and_gone_is_sent_once(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    await put_in_doubt(pool, TICKETS_MAIL)
    await handle_all(mailer, [tickets_issued()])

    assert await release(pool, TICKETS_MAIL) == 1
    asked = await asked_for(pool)
    assert asked
    await handle_all(mailer, [*asked, *asked, tickets_issued()])

    assert templates(mail_server, NUMBER) == ["tickets 1"]
    assert await release(pool, TICKETS_MAIL) == 0


async def test_a_released_mail_whose_message_is_still_to_come_is_sent_when_it_comes(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    await put_in_doubt(pool, TICKETS_MAIL)

    assert await release(pool, TICKETS_MAIL) == 1
    assert await asked_for(pool) == []
    await handle_all(mailer, [tickets_issued()])

    assert templates(mail_server, NUMBER) == ["tickets 1"]


async def test_a_released_cancellation_is_sent_and_its_orders_tickets_are_withdrawn(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    await put_in_doubt(pool, TICKETS_MAIL, CANCELLATION_MAIL)
    await handle_all(mailer, [tickets_issued(), order_cancelled()])

    assert await release(pool, TICKETS_MAIL, CANCELLATION_MAIL) == 1
    await handle_all(mailer, await asked_for(pool))

    assert templates(mail_server, NUMBER) == ["cancellation 1"]
    rows = await pool.fetch("SELECT template, status FROM mails ORDER BY template")
    assert [tuple(row) for row in rows] == [(CANCELLATION, "sent"), (TICKETS, "withdrawn")]


async def test_a_mail_noted_as_sent_is_reported_and_to_who_asks_anew_again_and_never_sent(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    await put_in_doubt(pool, TICKETS_MAIL)

    for noted in (1, 0):
        async with transaction(pool) as held:
            assert await store.note_as_sent(held, [TICKETS_MAIL]) == noted
    await handle_all(mailer, [tickets_issued()])

    assert mail_server.received == []
    told = [read(EmailSent, row["body"]) for row in await pool.fetch("SELECT body FROM outbox")]
    assert [(each.number, each.template, each.revision) for each in told] == [(NUMBER, TICKETS, 1)] * 2


@pytest.mark.parametrize("decide", [store.release_in_doubt, store.note_as_sent])
async def test_nothing_is_decided_about_a_mail_that_is_not_in_doubt(
    decide: Any, mailer: OrderMails, pool: "Pool[Any]"
) -> None:
    await handle_all(mailer, [tickets_issued()])

    async with transaction(pool) as held:
        assert await decide(held, [TICKETS_MAIL, CANCELLATION_MAIL]) == 0
    assert await pool.fetchval("SELECT status FROM mails") == "sent"
