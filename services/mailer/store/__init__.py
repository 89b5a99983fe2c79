"""The mailer's SQL, all of it: its mails, and what it knows of the orders they are about."""

from services.mailer.store.in_doubt import count_in_doubt, in_doubt, note_as_sent, release_in_doubt
from services.mailer.store.mails import LEASE, Claim, Held, Settled, claim, postpone, renew, settle
from services.mailer.store.orders import KnownOrder, claim_cancellation, claim_tickets, known_order

__all__ = [
    "LEASE",
    "Claim",
    "Held",
    "KnownOrder",
    "Settled",
    "claim",
    "claim_cancellation",
    "claim_tickets",
    "count_in_doubt",
    "in_doubt",
    "known_order",
    "note_as_sent",
    "postpone",
    "release_in_doubt",
    "renew",
    "settle",
]
