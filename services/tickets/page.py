"""The look of a ticket with a stub: the code at the far side, and below a perforation who it admits."""

from collections.abc import Iterator

from services.tickets import drawing, layout, qr
from services.tickets.layout import INK, LEFT, RIGHT, Box, Style, cells, up, value_in
from services.tickets.sheet import Sheet
from shared.messages import TicketToIssue


class Page(Sheet):
    """The design of all tickets but those that `new-ticket-design` is on for."""

    def event_marks(self) -> str:
        return "\n".join([*self._card(), *self._event(), *self._labels()])

    def own_marks(self, ticket: TicketToIssue, position: int, total: int, code: str) -> str:
        nth = self._wording.words.ticket.format(n=position, total=total)
        x, y = self._corner(layout.CODE)
        holder, kind, price, _ = cells()
        return "\n".join(
            [
                self._text(Box(RIGHT - 150, 54, 150, 16), nth, Style(10, 7, colour=layout.MUTED, flush=True)),
                drawing.colour(INK),
                qr.path(code, x, y, layout.CODE.width),
                self._text(value_in(holder), ticket.attendee, Style(14, 6.5, bold=True, baseline=15)),
                self._text(value_in(kind), ticket.ticket_type, Style(11, 6.5, baseline=15)),
                self._text(value_in(price), self._wording.money(ticket.price), Style(11, 6, baseline=15)),
            ]
        )

    def _card(self) -> Iterator[str]:
        card, perforation = layout.CARD, up(layout.PERFORATION)
        outline = drawing.ticket(card.x, up(card.y + card.height), card.width, card.height, perforation, layout.NOTCH)
        stripe_x, stripe_y = self._corner(Box(card.x, card.y, layout.STRIPE, card.height))
        yield f"q {outline} W n"
        yield drawing.rectangle(stripe_x, stripe_y, layout.STRIPE, card.height, layout.ACCENT)
        yield "Q"
        yield drawing.stroked(outline, INK, 0.9)
        yield drawing.rule(card.x + 14, perforation, card.x + card.width - 14, perforation, INK, 0.9, "0.1 4.5")

    def _event(self) -> Iterator[str]:
        event, wording = self._event_details, self._wording
        aside = LEFT, layout.CODE.x - LEFT - 8
        yield self._text(Box(LEFT, 54, 300, 16), event.organiser, Style(10, 7, bold=True, colour=layout.ACCENT))
        yield self._text(Box(LEFT, 74, RIGHT - LEFT, 84), event.name, layout.TITLE)
        for y, label in ((171, wording.words.when), (238, wording.words.where)):
            yield self._text(Box(aside[0], y, aside[1], 14), label, layout.LABEL)
        days = wording.days(event.starts_at, event.ends_at, event.timezone)
        hours = wording.hours(event.starts_at, event.ends_at, event.timezone)
        yield self._text(Box(aside[0], 184, aside[1], 24), days, Style(15, 8, bold=True))
        yield self._text(Box(aside[0], 204, aside[1], 20), hours, Style(10.5, 7))
        venue = Box(aside[0], 251, aside[1], 36)
        yield self._text(venue, event.venue.name, layout.VENUE)
        below = venue.y + max(self._fit(venue, event.venue.name, layout.VENUE).height, layout.VENUE.largest * 1.2) + 1
        yield self._text(Box(aside[0], below, aside[1], 330 - below), event.venue.address, Style(10.5, 6.5))

    def _labels(self) -> Iterator[str]:
        words = self._wording.words
        holder, kind, price, number = cells()
        for cell, label in ((holder, words.holder), (kind, words.type), (price, words.price), (number, words.number)):
            yield self._text(Box(cell.x, cell.y, cell.width, 14), label, layout.LABEL)

    def _number(self, number: str) -> str:
        *_, cell = cells()
        return self._text(value_in(cell), number, Style(13, 7, bold=True, baseline=15))
