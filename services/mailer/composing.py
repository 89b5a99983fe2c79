"""What a mail says, as text and as HTML, in its reader's language.

Takes 0.2 ms with a 38 KB PDF, half of it base64: templates are compiled once, and what is the same for all mails
of an event in one language is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from services.mailer.addresses import Mailbox
from services.mailer.mime import Attachment, Headers, assemble, one_line
from services.mailer.occasions import occasion, reading_locale
from services.mailer.wording import cancellation, frame, orders, sign_in, tickets
from shared.languages import RIGHT_TO_LEFT, direction_of, language_of
from shared.messages import Buyer, EventDetails, OrderCancelled, SignInRequested, TicketsIssued

# How many events' dates are kept ready, a language each.
OCCASIONS_KEPT = 512
_ISOLATED = "\u2068{}\u2069"

Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cover:
    """What a mail is sent under: `message_id` in angle brackets, `at` its date."""

    to: Mailbox
    message_id: str
    at: datetime


class OfAnOrder(Protocol):
    """A message that has what the mails about an order show of it."""

    @property
    def number(self) -> str: ...
    @property
    def event(self) -> EventDetails: ...
    @property
    def buyer(self) -> Buyer: ...
    @property
    def locale(self) -> str: ...


class Composer:
    """Writes mails in `sender`'s name; `public_url` is where the buyers order.

    Each gives the whole message. Text from outside is shown as text, whatever it is.
    """

    def __init__(self, sender: Mailbox, public_url: str) -> None:
        self.sender = sender
        self._site = urlsplit(public_url).netloc
        self._occasion = lru_cache(maxsize=OCCASIONS_KEPT)(occasion)
        self._templates = Environment(
            loader=PackageLoader("services.mailer"),
            autoescape=select_autoescape(["html.j2"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )

    def tickets(self, issued: TicketsIssued, cover: Cover, pdf: bytes) -> bytes:
        """Has the PDF with it, named after the order."""
        language = language_of(issued.locale)
        words, filename = tickets.WORDS[language], f"{issued.number}.pdf"
        told = {
            "words": words,
            "subject": words.subject.format(event=one_line(issued.event.name)),
            "intro": words.intro,
            "how": words.how.format(file=_inset(filename, language)),
        }
        told |= self._of_order(issued, issued.tickets)
        return self._mail("tickets", told, cover, [Attachment(filename, "application/pdf", pdf)])

    def cancellation(self, cancelled: OrderCancelled, cover: Cover) -> bytes:
        """That the order's tickets are void, and who asked for that."""
        language = language_of(cancelled.locale)
        words = cancellation.WORDS[language]
        organiser = _inset(one_line(cancelled.event.organiser), language)
        told = {
            "words": words,
            "subject": words.subject.format(event=one_line(cancelled.event.name)),
            "intro": words.by_organiser.format(organiser=organiser) if cancelled.reason == "organiser" else words.intro,
        }
        told |= self._of_order(cancelled, len(cancelled.tickets))
        return self._mail("cancellation", told, cover)

    def sign_in(self, asked: SignInRequested, cover: Cover) -> bytes:
        """Has the link, and nothing of the person but the address it goes to."""
        language = language_of(asked.locale)
        words, site = sign_in.WORDS[language], _inset(self._site, language)
        told = _frame(language, "", words.footer.format(site=site)) | {
            "words": words,
            "subject": words.subject.format(site=self._site),
            "greeting": words.greeting,
            "intro": words.intro.format(site=site),
            "link": asked.link,
        }
        return self._mail("sign_in", told, cover)

    def _of_order(self, fact: OfAnOrder, places: int) -> Told:
        """What every mail about an order is filled with, beside its own words."""
        language = language_of(fact.locale)
        words = orders.WORDS[language]
        organiser = one_line(fact.event.organiser)
        plural = reading_locale(fact.locale).plural_form(places)
        venue = (one_line(fact.event.venue.name), one_line(fact.event.venue.address))
        footer = words.footer.format(organiser=_inset(organiser, language), site=_inset(self._site, language))
        return _frame(language, fact.buyer.name, footer) | {
            "order_words": words,
            "event": one_line(fact.event.name),
            "organiser": organiser,
            "occasion": self._occasion(fact.event, fact.locale),
            "place": [line for line in venue if line],
            "tickets": words.tickets.get(plural, words.tickets["other"]).format(count=places),
            "number": fact.number,
        }

    def _mail(self, template: str, told: Told, cover: Cover, attachments: Sequence[Attachment] = ()) -> bytes:
        """From `template`.txt.j2 and `template`.html.j2, which extend the base of their kind."""
        headers = Headers(self.sender, cover.to, told["subject"], cover.at, cover.message_id, told["language"])
        text, html = (self._templates.get_template(f"{template}.{kind}.j2").render(told) for kind in ("txt", "html"))
        return assemble(headers, text, html, attachments)


def _frame(language: str, name: str, footer: str) -> Told:
    """What the base templates are filled with, beside `subject` and `intro`."""
    words = frame.WORDS[language]
    return {
        "frame": words,
        "language": language,
        "direction": direction_of(language),
        "greeting": words.greeting.format(name=_inset(one_line(name), language)),
        "footer": footer,
    }


def _inset(text: str, language: str) -> str:
    """Text from outside in a sentence, kept from changing its direction."""
    return _ISOLATED.format(text) if language in RIGHT_TO_LEFT else text
