"""A PDF that the store has lost holds its mail up until it is made again, however long that takes."""

from typing import Any

from msgspec.structs import replace

from services.mailer.handlers import OrderMails
from shared.bus import Done
from shared.messages import OrderResendRequested
from shared.object_store import ObjectStore
from tests.mailer.building import PDF, tickets_issued
from tests.mailer.mail_server import MailServer

NOTHING: Any = None
ISSUED = tickets_issued()


async def test_a_mail_sent_again_carries_the_file_that_was_told_of_last(
    mailer: OrderMails, objects: ObjectStore, mail_server: MailServer
) -> None:
    await mailer.tickets_issued(ISSUED, NOTHING)
    again = replace(ISSUED, pdf=await objects.put("another.pdf", PDF + b"% drawn again"))
    await mailer.tickets_issued(again, NOTHING)
    verdict = await mailer.resend_requested(OrderResendRequested(number=ISSUED.number, revision=2), NOTHING)
    assert verdict == Done()
    (attached,) = mail_server.received[-1].message.iter_attachments()
    assert attached.get_content() == PDF + b"% drawn again"
    assert len(mail_server.received) == 2
