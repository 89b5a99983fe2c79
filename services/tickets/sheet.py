"""What every design of a ticket has: an A4 page whose upper half is the ticket, folded to A5 along the middle.

A page is drawn in four parts, from what all tickets of an event share to what is one ticket's own. The first
and the third (`event_marks`, `entrance_marks`) are drawn once for an event and kept; the second
(`order_marks`) once for an order; only the last (`own_marks`) for each ticket. In this order they are read aloud and
copied. The page is laid out from left to right and mirrored as a whole where the language runs the other way.
"""

from collections.abc import Callable, Iterator

from services.tickets import drawing, layout, typesetting
from services.tickets.fitting import Block
from services.tickets.layout import LEFT, WIDTH, Box, Style
from services.tickets.wording import Wording
from shared.messages import EventDetails, OrderPlaced, TicketToIssue

KnownText = Callable[[Box, str, Style], str | None]
"""The marks of words that finished fonts have all glyphs of, None for others."""


def nothing_known(_box: Box, _words: str, _style: Style) -> None:
    return None


class Sheet:
    """Draws into boxes of one direction of reading; a design says what is above the fold."""

    def __init__(
        self, event: EventDetails, wording: Wording, fonts: drawing.Fonts, known_text: KnownText = nothing_known
    ) -> None:
        self._event_details = event
        self._wording = wording
        self._fonts = fonts
        self._known_text = known_text
        self._mirrored = wording.right_to_left

    def event_marks(self) -> str:
        """PDF operators for what every ticket of the event shows alike, above the fold."""
        raise NotImplementedError

    def order_marks(self, order: OrderPlaced) -> str:
        """PDF operators for what every ticket of the order shows alike."""
        return "\n".join([self._number(order.number), *self._fold(), *self._order(order)])

    def entrance_marks(self) -> str:
        """PDF operators for what every ticket in the language says about getting in, below the fold."""
        return "\n".join(self._entrance())

    def own_marks(self, ticket: TicketToIssue, position: int, total: int, code: str) -> str:
        """PDF operators for one ticket; `position` counts from 1."""
        raise NotImplementedError

    def labels(self) -> Iterator[tuple[str, bool]]:
        """What `order_marks` and `own_marks` print for every order alike, and whether in bold."""
        words = self._wording.words
        yield words.order, True
        for label in (words.fold, words.booked_by, words.booked_on, words.tickets, words.total):
            yield label, False
        yield from ((words.free, bold) for bold in (False, True))
        yield from ((words.ticket.format(n=1, total=2), bold) for bold in (False, True))

    def _number(self, number: str) -> str:
        raise NotImplementedError

    def _fold(self) -> Iterator[str]:
        block = self._fit(Box(0, 0, 200, 10), self._wording.words.fold, Style(7, 6))
        line = block.lines[0]
        half = line.width * block.size / 2000
        for start, end in ((0.0, WIDTH / 2 - half - 8), (WIDTH / 2 + half + 8, WIDTH)):
            yield drawing.rule(start, layout.FOLD, end, layout.FOLD, layout.HAIRLINE, 0.5, "3 3")
        yield drawing.text(line, WIDTH / 2 - half, layout.FOLD - 2.4, block.size, layout.MUTED, self._fonts)

    def _order(self, order: OrderPlaced) -> Iterator[str]:
        words = self._wording.words
        yield from self._heading(LEFT, words.order)
        rows = [
            (words.number, [order.number]),
            (words.booked_by, [order.buyer.name]),
            (words.booked_on, [self._wording.date(order.placed_at, order.event.timezone)]),
            (words.tickets, [f"{line.quantity} × {line.name}" for line in order.lines]),
            (words.total, [self._wording.money(order.total)]),
        ]
        y = 490.0
        for label, values in rows:
            yield self._text(Box(LEFT, y, layout.COLUMN, 14), label, layout.LABEL)
            style = layout.STRONG if label == words.number else layout.ROW
            for value in _at_most(values, 6):
                yield self._text(Box(LEFT, y + 11.5, layout.COLUMN, 17), value, style)
                y += 15
            y += 20

    def _entrance(self) -> Iterator[str]:
        words = self._wording.words
        yield from self._heading(layout.SECOND_COLUMN, words.entrance)
        y = 490.0
        for sentence in words.advice:
            box = Box(layout.SECOND_COLUMN, y, layout.COLUMN, 60)
            yield self._text(box, sentence, layout.ADVICE)
            y += self._fit(box, sentence, layout.ADVICE).height + 9

    def _heading(self, x: float, words: str) -> Iterator[str]:
        yield self._text(Box(x, 458, layout.COLUMN, 18), words, layout.HEADING)
        start, y = self._corner(Box(x, 480, layout.COLUMN, 0))
        yield drawing.rule(start, y, start + layout.COLUMN, y, layout.HAIRLINE, 0.5)

    def _text(self, box: Box, words: str, style: Style) -> str:
        known = self._known_text(box, words, style)
        return known or typesetting.text(box, words, style, self._mirrored, self._fonts)

    def _fit(self, box: Box, words: str, style: Style) -> Block:
        return typesetting.fitted(box, words, style, self._mirrored)

    def _corner(self, box: Box) -> tuple[float, float]:
        return typesetting.corner(box, self._mirrored)


def _at_most(values: list[str], count: int) -> list[str]:
    return values if len(values) <= count else [*values[: count - 1], "…"]
