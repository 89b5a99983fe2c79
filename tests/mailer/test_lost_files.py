"""A PDF that had to be made again may have another name, and is mailed under that."""

from msgspec.structs import replace

from services.mailer.handlers import OrderMails
from shared.bus import Delivery, Done
from shared.messages import Fact, OrderResendRequested, message
from shared.object_store import ObjectStore
from tests.mailer.building import PDF, tickets_issued
from tests.mailer.mail_server import MailServer

ISSUED = tickets_issued()


def delivered(fact: Fact) -> Delivery:
    return Delivery(message(fact, source="test"), "mailer.any", 1)


async def test_a_mail_sent_again_carries_the_file_that_was_told_of_last(
    mailer: OrderMails, objects: ObjectStore, mail_server: MailServer
) -> None:
    await mailer.tickets_issued(ISSUED, delivered(ISSUED))
    again = replace(ISSUED, pdf=await objects.put("another.pdf", PDF + b"% drawn again"))
    await mailer.tickets_issued(again, delivered(again))
    asked = OrderResendRequested(number=ISSUED.number, revision=2)
    assert await mailer.resend_requested(asked, delivered(asked)) == Done()
    (attached,) = mail_server.received[-1].message.iter_attachments()
    assert attached.get_content() == PDF + b"% drawn again"
    assert len(mail_server.received) == 2
