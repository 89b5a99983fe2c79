"""What every design of a ticket has: an A4 page whose upper half is the ticket, folded to A5 along the middle.

What all tickets of an order share (`shared_marks`) is drawn once and reused by every page; the rest
(`own_marks`) is a few lines and the code. The page is laid out from left to right and mirrored as a whole
where the language runs the other way.
"""

from collections.abc import Iterator

from services.tickets import drawing, layout
from services.tickets.embedding import EmbeddedFonts
from services.tickets.fitting import Block, fit
from services.tickets.layout import LEFT, WIDTH, Box, Style, up
from services.tickets.wording import Wording
from shared.messages import OrderPlaced, TicketToIssue


class Sheet:
    """Draws into boxes of one direction of reading; a design says what is above the fold."""

    def __init__(self, order: OrderPlaced, wording: Wording, fonts: EmbeddedFonts) -> None:
        self._order = order
        self._wording = wording
        self._fonts = fonts
        self._mirrored = wording.right_to_left

    def shared_marks(self) -> str:
        """PDF operators for what every ticket of the order shows alike."""
        raise NotImplementedError

    def own_marks(self, ticket: TicketToIssue, position: int, code: str) -> str:
        """PDF operators for one ticket; `position` counts from 1."""
        raise NotImplementedError

    def _fold(self) -> Iterator[str]:
        block = self._fit(Box(0, 0, 200, 10), self._wording.words.fold, Style(7, 6))
        line = block.lines[0]
        half = line.width * block.size / 2000
        for start, end in ((0.0, WIDTH / 2 - half - 8), (WIDTH / 2 + half + 8, WIDTH)):
            yield drawing.rule(start, layout.FOLD, end, layout.FOLD, layout.HAIRLINE, 0.5, "3 3")
        yield drawing.text(line, WIDTH / 2 - half, layout.FOLD - 2.4, block.size, layout.MUTED, self._fonts)

    def _below_the_fold(self) -> Iterator[str]:
        order, words = self._order, self._wording.words
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

    def _fit(self, box: Box, words: str, style: Style) -> Block:
        return fit(words, box.width, box.height, style.largest, style.smallest, style.bold, self._mirrored)

    def _text(self, box: Box, words: str, style: Style) -> str:
        """Words from the top of their box; nothing of them shows outside it but a little overhang."""
        block = self._fit(box, words, style)
        left, bottom = self._corner(box)
        first = up(box.y) - self._first_baseline(box, style, block)
        marks = []
        for number, line in enumerate(block.lines):
            slack = box.width - line.width * block.size / 1000
            x = left + (slack if style.flush != self._mirrored else 0)
            marks.append(drawing.text(line, x, first - number * block.leading, block.size, style.colour, self._fonts))
        return drawing.clipped(left - 3, bottom - 2, box.width + 6, box.height + 5, *marks)

    def _first_baseline(self, box: Box, style: Style, block: Block) -> float:
        """In points below the top of the box."""
        if style.centred:
            return (box.height - block.height) / 2 + block.leading * 0.78
        if len(block.lines) == 1:
            return style.baseline or style.largest * 0.98
        return block.leading * 0.78

    def _corner(self, box: Box) -> tuple[float, float]:
        """The lower left corner on the page."""
        x = WIDTH - box.x - box.width if self._mirrored else box.x
        return x, up(box.y + box.height)


def _at_most(values: list[str], count: int) -> list[str]:
    return values if len(values) <= count else [*values[: count - 1], "…"]
