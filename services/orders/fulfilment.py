"""How far an order has come, and what each piece of news does to it."""

from dataclasses import dataclass, replace
from typing import Literal

OrderStatus = Literal["confirmed", "cancelled"]
TicketsStatus = Literal["pending", "issued", "void", "failed"]
EmailStatus = Literal["pending", "sent", "bounced", "failed"]
Template = Literal["tickets", "cancellation"]


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail among those about an order, as the mailer's reports name it."""

    template: str = "tickets"
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """What became of an order's tickets, and of the mail last asked for, which brings them or calls them off."""

    tickets: TicketsStatus = "pending"
    email: EmailStatus = "pending"
    mail: Mail = Mail()

    @property
    def settled(self) -> bool:
        """Nothing more will come by itself: tickets that failed are never mailed.

        News of the mail may come before that of its tickets, which then still follows.
        """
        return self.tickets == "failed" or (self.tickets in ("issued", "void") and self.email != "pending")


def after(now: Fulfilment, news: str, mail: Mail | None = None) -> Fulfilment:
    """The state after a message's key, whatever order messages come in; `mail` is the one it is about, if any.

    Success is kept: a failure told late does not undo it. A bounce may follow a mail that was sent. What is told
    of an earlier mail than the one last asked for changes nothing, and void tickets stay void.
    """
    if mail and mail != now.mail:
        return now
    match news:
        case "tickets.issued.v1" if now.tickets in ("pending", "failed"):
            return replace(now, tickets="issued")
        case "tickets.failed.v1" if now.tickets == "pending":
            return replace(now, tickets="failed")
        case "email.sent.v1" if now.email in ("pending", "failed"):
            return replace(now, email="sent")
        case "email.bounced.v1":
            return replace(now, email="bounced")
        case "email.failed.v1" if now.email == "pending":
            return replace(now, email="failed")
        case _:
            return now


def after_cancelling() -> Fulfilment:
    """Void, and the mail that says so is owed."""
    return Fulfilment("void", "pending", Mail("cancellation"))


def after_asking_again(now: Fulfilment) -> Fulfilment:
    """The tickets' mail is owed once more."""
    return replace(now, email="pending", mail=Mail("tickets", now.mail.revision + 1))
