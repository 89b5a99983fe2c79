"""A mail's identity: one mail per template, order, recipient and revision, whatever is delivered twice.

pending ──► sent       the server has taken it
   │ ▲ ├──► bounced    the address does not take mail
   └─┘ ├──► failed     given up for another reason
 (waits)
       └──► withdrawn  its order was cancelled before it went (or, if it was too late to stop it, sent)

in-doubt ──► pending or sent   as decided: it may have gone since the backup that was restored was taken
"""

from dataclasses import dataclass
from hashlib import sha256

from services.mailer.outcomes import Status
from shared.messages import EmailBounced, EmailFailed, EmailSent, MailOutcome

REPORTS: dict[Status, type[MailOutcome]] = {"sent": EmailSent, "bounced": EmailBounced, "failed": EmailFailed}


TICKETS = "tickets"
CANCELLATION = "cancellation"
SIGN_IN = "sign-in"


@dataclass(frozen=True, slots=True)
class MailKey:
    """`template` names the mail, `number` the order; `revision` grows with each resend asked for."""

    template: str
    number: str
    recipient: str
    revision: int = 1


def message_id(key: MailKey, domain: str) -> str:
    """The mail's `Message-ID`, the same however often it is sent, so that a receiver can drop the second."""
    return f"<{digest(key)}@{domain}>"


def digest(key: MailKey) -> str:
    """What stands before the @ of its `Message-ID`: 32 hexadecimal digits."""
    parts = (key.template, key.number, key.recipient, str(key.revision))
    return sha256("\0".join(parts).encode()).hexdigest()[:32]


def about_an_order(key: MailKey) -> bool:
    """Whether others follow what became of it."""
    return key.template != SIGN_IN


def report(key: MailKey, status: Status, reason: str | None) -> MailOutcome:
    """What the other services are told of a settled mail."""
    kind = REPORTS[status]
    return kind(number=key.number, template=key.template, recipient=key.recipient, reason=reason, revision=key.revision)
