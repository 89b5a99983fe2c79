"""How far an order has come, and what each piece of news does to it."""

from dataclasses import dataclass, replace
from typing import Literal

OrderStatus = Literal["confirmed", "cancelled"]
TicketsStatus = Literal["pending", "issued", "void", "failed"]
EmailStatus = Literal["pending", "sent", "bounced", "failed"]


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """What became of an order's tickets and of the mail that carries them."""

    tickets: TicketsStatus = "pending"
    email: EmailStatus = "pending"

    @property
    def settled(self) -> bool:
        """Nothing more will come by itself: tickets that failed are never mailed.

        News of the mail may come before that of its tickets, which then still follows.
        """
        return self.tickets in ("void", "failed") or (self.tickets == "issued" and self.email != "pending")


def after(now: Fulfilment, news: str) -> Fulfilment:
    """The state after a message's key, whatever order messages come in.

    Success is kept: a failure told late does not undo it. A bounce may follow a mail that was sent.
    """
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
