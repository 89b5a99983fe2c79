"""The mail sink against the rows: each mail once, of what stands, and told as it went."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.chaos.audit.evidence import Evidence, Row, Taken
from tests.chaos.audit.findings import Finding
from tests.chaos.audit.trouble import Troubles

LINE_SECONDS = 1.0


def no_mail_twice(evidence: Evidence) -> Iterator[Finding]:
    """But where mailer or line died between the mail server's 250 and the note of it."""
    copies: dict[str, list[Taken]] = defaultdict(list)
    for mail in evidence.taken:
        copies[mail.message_id].append(mail)
    for message_id, mails in copies.items():
        for first, second in pairwise(mails):
            if not _in_window(first, second, evidence.troubles):
                apart = second.at - first.at
                what = f"{message_id} came again after {apart:.1f} s; the first was answered, and nobody died"
                yield Finding("no mail twice", what, first.recipient)


def _in_window(first: Taken, second: Taken, troubles: Troubles) -> bool:
    answered = first.answered_at
    return (
        answered is None
        or troubles.touched("smtp-line", first.at - LINE_SECONDS, answered + LINE_SECONDS)
        or troubles.died_before_noting(answered, second.at)
    )


def mails_of_what_stands(evidence: Evidence) -> Iterator[Finding]:
    """No more mails than were asked for, each of the order that stands and with the PDF that was issued."""
    orders = {row["number"]: row for row in evidence.rows["orders"]}
    documents = {row["number"]: row["sha256"] for row in evidence.rows["documents"]}
    for mail in evidence.taken:
        yield from _of_an_order(mail, orders, documents)
    for recipient, mails in evidence.mails_to().items():
        yield from _as_many_as_wanted(recipient, mails, evidence)


def _of_an_order(mail: Taken, orders: dict[str, Row], documents: dict[str, str]) -> Iterator[Finding]:
    order = next((orders[number] for number in mail.numbers if number in orders), None)
    if order is None:
        named = ", ".join(mail.numbers) or "no order"
        yield Finding("mails tell the truth", f"a mail of {named}, which does not stand", mail.recipient)
    elif order["buyer_email"] != mail.recipient:
        yield Finding("mails tell the truth", f"{order['number']} was mailed to somebody else", mail.recipient)
    elif any(pdf != documents.get(order["number"]) for pdf in mail.pdfs):
        yield Finding("mails tell the truth", f"{order['number']}: not the PDF that was issued", mail.recipient)


def _as_many_as_wanted(recipient: str, mails: Sequence[Taken], evidence: Evidence) -> Iterator[Finding]:
    intent = evidence.intents.get(recipient)
    if intent is None:
        yield Finding("mails tell the truth", "a mail to somebody who asked for none", recipient)
        return
    with_tickets = {mail.message_id for mail in mails if mail.pdfs}
    without = {mail.message_id for mail in mails if not mail.pdfs}
    resends = sum(request.accepted or request.open for request in intent.about("resend"))
    orders = 1 if intent.keyed else len(intent.about("place"))
    if len(with_tickets) > orders + resends:
        what = f"{len(with_tickets)} mails with tickets for {orders} order and {resends} resends"
        yield Finding("no mail twice", what, recipient)
    if len(without) > min(1, len(intent.about("cancel"))):
        yield Finding("no mail twice", f"{len(without)} mails without tickets", recipient)
    last_word = min((mail.at for mail in mails if not mail.pdfs), default=float("inf"))
    if any(mail.at > last_word for mail in mails if mail.pdfs):
        yield Finding("cancelled is the last word", "tickets were mailed after the cancellation", recipient)


def told_as_it_went(evidence: Evidence) -> Iterator[Finding]:
    """`sent` is in the sink, `bounced` and `failed` were refused for good on account of the recipient."""
    taken = evidence.mails_to()
    for mail in evidence.rows["mails"]:
        recipient, number = mail["recipient"], mail["number"]
        kind = [one for one in taken.get(recipient, []) if bool(one.pdfs) == (mail["template"] == "tickets")]
        finals = [reply for reply in evidence.refused.get(recipient, []) if reply.startswith("5")]
        if mail["status"] == "sent" and not any(number in one.numbers for one in kind):
            yield Finding("sent means taken", f"{number} is `sent`, and the mail server never took it", recipient)
        if mail["status"] in ("bounced", "failed") and not finals:
            what = f"{number} is `{mail['status']}` ({mail['reason']}), and nobody refused its recipient"
            yield Finding("a mail is given up on for cause", what, recipient)
