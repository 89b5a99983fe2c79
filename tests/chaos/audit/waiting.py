"""Every order is fulfilled, or visibly waits, or failed, with a reason."""

from collections.abc import Iterable, Iterator

from tests.chaos.audit.evidence import Evidence, Row
from tests.chaos.audit.findings import Finding

PROMISE = "fulfilled, or visibly waiting with a reason"


class Visible:
    """What an operator can see of the orders that wait."""

    def __init__(self, evidence: Evidence) -> None:
        self._dead = {row["subject"] for row in evidence.dead}
        self._parked = {row["subject"] for row in evidence.rows["owed"] if row["failures"]}
        self._failed = {row["number"] for row in evidence.rows["failures"] if row["reason"]}
        self.documents = evidence.by("documents", "number")
        self.mails = evidence.by("mails", "number")
        self.cancelled = evidence.by("cancelled", "number")
        self.void = evidence.by("void", "number")
        self.places = evidence.by("places", "order_id")

    def stands_aside(self, number: str) -> bool:
        return number in self._dead or number in self._parked or number in self._failed


def nothing_waits_in_silence(evidence: Evidence) -> Iterator[Finding]:
    seen = Visible(evidence)
    for order in evidence.rows["orders"]:
        if seen.stands_aside(order["number"]):
            continue
        told = _cancelled(order, seen) if order["status"] == "cancelled" else _confirmed(order, seen)
        for what in told:
            yield Finding(PROMISE, f"{order['number']}: {what}", order["buyer_email"])


def _confirmed(order: Row, seen: Visible) -> Iterator[str]:
    if order["number"] not in seen.documents:
        yield "its tickets are not made"
        return
    if order["tickets_status"] != "issued":
        yield f"its tickets are made, and it says {order['tickets_status']}"
    for revision in range(1, order["mail_revision"] + 1):
        # An earlier one whose message was lost is waited for by nobody once a later one has brought the tickets.
        if not _went(order, range(revision + 1, order["mail_revision"] + 1), seen):
            yield from _mailed(order, "tickets", revision, seen)
    yield from _reported(order, seen)


def _went(order: Row, revisions: Iterable[int], seen: Visible) -> bool:
    mails = [_mail(order, "tickets", revision, seen) for revision in revisions]
    return any(mail is not None and mail["status"] == "sent" for mail in mails)


def _mailed(order: Row, template: str, revision: int, seen: Visible) -> Iterator[str]:
    mail = _mail(order, template, revision, seen)
    if mail is None:
        yield f"nobody knows of its mail `{template}` {revision}"
    elif mail["status"] == "pending" and mail["due"]:
        yield f"its mail `{template}` {revision} is due and does not go ({mail['reason']})"
    elif mail["status"] in ("pending", "bounced", "failed") and not mail["reason"]:
        yield f"its mail `{template}` {revision} is {mail['status']} without a reason"


def _reported(order: Row, seen: Visible) -> Iterator[str]:
    """What the order says of its latest mail is what became of it."""
    mail = _mail(order, "tickets", order["mail_revision"], seen)
    if mail and mail["status"] != order["email_status"]:
        yield f"its mail is {mail['status']}, and it says {order['email_status']}"


def _cancelled(order: Row, seen: Visible) -> Iterator[str]:
    number = order["number"]
    places = seen.places[order["id"]]
    if order["tickets_status"] != "void" or any(place["voided_at"] is None for place in places):
        yield "it is cancelled, and its tickets are not void"
    if number not in seen.cancelled or {row["id"] for row in seen.void[number]} != {place["id"] for place in places}:
        yield "it is cancelled, and a gate would let its tickets in"
    yield from _mailed(order, "cancellation", 1, seen)


def _mail(order: Row, template: str, revision: int, seen: Visible) -> Row | None:
    wanted = (template, revision, order["buyer_email"])
    found = seen.mails.get(order["number"], [])
    return next((row for row in found if (row["template"], row["revision"], row["recipient"]) == wanted), None)
