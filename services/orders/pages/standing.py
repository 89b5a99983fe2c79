"""How an order stands, in words: its steps with their states, and what it holds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from babel.numbers import format_decimal

from services.orders.aftersales import stuck
from services.orders.cancelling import too_late
from services.orders.catalogue import Event
from services.orders.fulfilment import Fulfilment
from services.orders.pages.offers import price_in_words
from services.orders.pages.readers import Reader
from services.orders.pages.wording.confirming import WORDS, Words
from services.orders.store import StoredOrder
from shared.flags import Verdict

State = Literal["done", "now", "next", "failed"]

ISOLATED = "\u2068{}\u2069"
# Without scripts the page loads itself again: often while it is fresh, then less, and at last no more.
REFRESH_SECONDS = ((timedelta(minutes=1), 3), (timedelta(minutes=5), 15), (timedelta(hours=1), 60))


@dataclass(frozen=True, slots=True)
class Step:
    """`state` as a word for those who can't see its sign."""

    state: State
    text: str
    said: str


def standing(order: StoredOrder, reader: Reader, age: timedelta) -> dict[str, Any]:
    """What an order's page is filled with; `age` is that of what was last asked for."""
    words, following = WORDS[reader.language], not order.fulfilment.settled
    return {
        "words": words,
        "order": order,
        "title": words.cancelled if order.status == "cancelled" else words.placed,
        "steps": steps(order, words),
        "following": following,
        "refresh": refresh_after(age) if following else None,
        "lines": [
            {
                "count": format_decimal(line["quantity"], locale=reader.locale),
                "name": line["name"],
                "price": price_in_words(
                    line["unit_price"]["amount"] * line["quantity"], line["unit_price"]["currency"], reader
                ),
                "names": named([attendee["name"] for attendee in line["attendees"]], order.buyer_name),
            }
            for line in order.lines
        ],
        "total": price_in_words(order.total, order.currency, reader),
    }


def named(attendees: list[str], buyer: str) -> list[str]:
    """Whose the places are, where that says more than who bought them.

    >>> named(["Ada", "Ada"], "Ada"), named(["Ada", "Charles"], "Ada")
    ([], ['Ada', 'Charles'])
    """
    return [] if set(attendees) == {buyer} else attendees


def steps(order: StoredOrder, words: Words) -> list[Step]:
    state = order.fulfilment
    mail = _mail_words(state, words).format(email=ISOLATED.format(order.buyer_email))
    told = [
        ("done", words.ordered),
        (_tickets_state(state), words.tickets[state.tickets]),
        (_mail_state(state), mail),
    ]
    said = {"done": words.done, "now": words.under_way, "next": "", "failed": words.failed}
    return [Step(known, text, said[known]) for known, text in told]


def choices(order: StoredOrder, event: Event, resend: Verdict, reader: Reader, now: datetime) -> dict[str, Any]:
    """What the buyer may ask for just now: `resend` and `cancel`, and `instead` what to do where not."""
    sent = order.fulfilment.tickets == "issued" and order.fulfilment.email != "pending"
    sent = sent or stuck(order, now)
    ask = WORDS[reader.language].ask_organiser.format(organiser=ISOLATED.format(event.organiser))
    return {
        "resend": sent and resend.on,
        "instead": (resend.message or ask) if sent and not resend.on else "",
        "cancel": order.status == "confirmed" and too_late(event, "buyer", now) is None,
    }


def refresh_after(age: timedelta) -> int | None:
    """Seconds until a page without scripts looks again, by the age of what it waits for; None when it stops."""
    return next((seconds for until, seconds in REFRESH_SECONDS if age < until), None)


def _tickets_state(state: Fulfilment) -> State:
    return {"pending": "now", "issued": "done", "void": "failed", "failed": "failed"}[state.tickets]  # type: ignore[return-value]


def _mail_words(state: Fulfilment, words: Words) -> str:
    if state.mail.template == "cancellation":
        return words.called_off[state.email]
    return words.resent if state.email == "pending" and state.mail.revision > 1 else words.mail[state.email]


def _mail_state(state: Fulfilment) -> State:
    if state.email == "pending":
        return "now" if state.tickets in ("issued", "void") else "next"
    return "done" if state.email == "sent" else "failed"
