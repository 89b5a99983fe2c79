"""The mailer's SQL, all of it: its mails, who sends them, and what it knows of the orders they are about."""

from services.mailer.store import mailers
from services.mailer.store.in_doubt import count_in_doubt, in_doubt, note_as_sent, release_in_doubt
from services.mailer.store.mails import (
    ASK_AGAIN,
    HAND_LIMIT,
    Answer,
    Claim,
    Claimant,
    Held,
    Settled,
    Superseded,
    claim,
    postpone,
    release,
    settle,
)
from services.mailer.store.orders import KnownOrder, claim_cancellation, claim_tickets, known_order

__all__ = [
    "ASK_AGAIN",
    "HAND_LIMIT",
    "Answer",
    "Claim",
    "Claimant",
    "Held",
    "KnownOrder",
    "Settled",
    "Superseded",
    "claim",
    "claim_cancellation",
    "claim_tickets",
    "count_in_doubt",
    "in_doubt",
    "known_order",
    "mailers",
    "note_as_sent",
    "postpone",
    "release",
    "release_in_doubt",
    "settle",
]
