"""The look of a ticket with a banner: the event across the top, the code at the near side, all else beside it."""

from collections.abc import Iterator

from services.tickets import drawing, layout, qr
from services.tickets.layout import INK, Box, Style, up
from services.tickets.sheet import Sheet
from shared.messages import TicketToIssue

WHITE = (1.0, 1.0, 1.0)
PALE = (0.98, 0.87, 0.90)
BANNER = Box(layout.CARD.x, layout.CARD.y, layout.CARD.width, 108)
INSIDE, OUTSIDE = 58.0, 537.0
CODE = Box(44, 148, 182, 182)
STUB = Box(58, 338, 154, 52)
SEAM = 238.0
ASIDE = 256.0
BREADTH = OUTSIDE - ASIDE
TITLE = Style(34, 9.5, bold=True, colour=WHITE, centred=True)
CORNER = 12.0


class BannerPage(Sheet):
    """The design that `new-ticket-design` is for."""

    def event_marks(self) -> str:
        return "\n".join([*self._card(), *self._banner(), *self._event(), *self._labels()])

    def own_marks(self, ticket: TicketToIssue, position: int, total: int, code: str) -> str:
        nth = self._wording.words.ticket.format(n=position, total=total)
        x, y = self._corner(CODE)
        price = self._wording.money(ticket.price)
        return "\n".join(
            [
                self._text(Box(OUTSIDE - 150, 44, 150, 16), nth, Style(10, 7, bold=True, colour=WHITE, flush=True)),
                drawing.colour(INK),
                qr.path(code, x, y, CODE.width),
                self._text(Box(ASIDE, 322, BREADTH, 30), ticket.attendee, Style(17, 6.5, bold=True, baseline=17)),
                self._text(Box(ASIDE, 370, 176, 30), ticket.ticket_type, Style(11, 6.5, baseline=14)),
                self._text(Box(ASIDE + 190, 370, BREADTH - 190, 30), price, Style(11, 6, bold=True, baseline=14)),
            ]
        )

    def _card(self) -> Iterator[str]:
        card = layout.CARD
        outline = drawing.ticket(card.x, up(card.y + card.height), card.width, card.height, up(220), 0, CORNER)
        yield f"q {outline} W n"
        yield drawing.rectangle(*self._corner(BANNER), BANNER.width, BANNER.height, layout.ACCENT)
        yield "Q"
        yield drawing.stroked(outline, layout.ACCENT, 1.2)
        x, _ = self._corner(Box(SEAM, 0, 0, 0))
        yield drawing.rule(x, up(156), x, up(394), layout.HAIRLINE, 0.9, "0.1 4.5")

    def _banner(self) -> Iterator[str]:
        event = self._event_details
        yield self._text(Box(INSIDE, 44, 310, 16), event.organiser, Style(10, 7, bold=True, colour=PALE))
        yield self._text(Box(INSIDE, 62, OUTSIDE - INSIDE, 72), event.name, TITLE)

    def _event(self) -> Iterator[str]:
        event, wording = self._event_details, self._wording
        days = wording.days(event.starts_at, event.ends_at, event.timezone)
        hours = wording.hours(event.starts_at, event.ends_at, event.timezone)
        yield self._text(Box(ASIDE, 156, BREADTH, 14), wording.words.when, layout.LABEL)
        yield self._text(Box(ASIDE, 168, BREADTH, 24), days, Style(16, 8, bold=True))
        yield self._text(Box(ASIDE, 189, BREADTH, 20), hours, Style(10.5, 7))
        yield self._text(Box(ASIDE, 220, BREADTH, 14), wording.words.where, layout.LABEL)
        venue = Box(ASIDE, 232, BREADTH, 36)
        yield self._text(venue, event.venue.name, layout.VENUE)
        below = venue.y + max(self._fit(venue, event.venue.name, layout.VENUE).height, layout.VENUE.largest * 1.2) + 1
        yield self._text(Box(ASIDE, below, BREADTH, 304 - below), event.venue.address, Style(10.5, 6.5))

    def _labels(self) -> Iterator[str]:
        words = self._wording.words
        for box, label in (
            (Box(ASIDE, 309, BREADTH, 14), words.holder),
            (Box(ASIDE, 357, 176, 14), words.type),
            (Box(ASIDE + 190, 357, BREADTH - 190, 14), words.price),
            (Box(STUB.x, STUB.y, STUB.width, 14), words.number),
        ):
            yield self._text(box, label, layout.LABEL)

    def _number(self, number: str) -> str:
        box = Box(STUB.x, STUB.y + 13, STUB.width, STUB.height - 14)
        return self._text(box, number, Style(17, 7, bold=True, baseline=17))
