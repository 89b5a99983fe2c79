"""Fitting text into a box: smaller first, then more lines, and in the end cut with an ellipsis.

Widths come from shaping, so a line that is said to fit does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from services.tickets.breaking import graphemes, pieces_of
from services.tickets.direction import runs_right_to_left
from services.tickets.shaping import Line, clean, shape

ELLIPSIS = "…"
LEADING = 1.2
"""Baseline to baseline for Latin letters, in type sizes; taller scripts take what they need."""

_STEP = 0.94
_ONE_LINE_DOWN_TO = 0.72
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Block:
    """Lines at one size. `leading` is the distance between baselines in points."""

    lines: tuple[Line, ...]
    size: float
    leading: float

    @property
    def height(self) -> float:
        return len(self.lines) * self.leading


@lru_cache(256)
def fit(
    text: str, width: float, height: float, largest: float, smallest: float, bold: bool = False, rtl: bool = False
) -> Block:
    """Set any text in a box of `width` × `height` points at a size between the two.

    On one line where that costs little, else as large as it goes on as many lines as the height has
    room for, else at the smallest size and cut. `rtl` is the direction of text that has none itself.
    """
    paragraph = clean(text)[:_LONGEST]
    rtl = runs_right_to_left(paragraph, rtl)
    whole = shape(paragraph, bold, rtl)
    tall = _leading(whole)
    size = min(largest, width * 1000 / max(1, whole.width), height / tall)
    if size >= max(smallest, largest * _ONE_LINE_DOWN_TO):
        return Block((whole,), size, size * tall)
    pieces = list(pieces_of(paragraph))
    widths = [shape(piece, bold, rtl).width for piece in pieces]
    for size in _sizes(largest, smallest):
        rows = max(1, int(height / (size * tall)))
        lines = _wrap(pieces, widths, width * 1000 / size, bold)
        if len(lines) <= rows and (size <= smallest or not _splits_a_word(widths, width * 1000 / size)):
            break
    if len(lines) > rows:
        lines = [*lines[: rows - 1], _cut("".join(lines[rows - 1 :]), width * 1000 / size, bold, rtl)]
    return Block(tuple(shape(line.strip(), bold, rtl) for line in lines), size, size * tall)


def _sizes(largest: float, smallest: float) -> Iterator[float]:
    size = largest
    while size > smallest:
        yield size
        size *= _STEP
    yield smallest


def _splits_a_word(widths: Sequence[int], limit: float) -> bool:
    return max(widths, default=0) > limit


def _wrap(pieces: Sequence[str], widths: Sequence[int], limit: float, bold: bool) -> list[str]:
    """Greedy lines of at most `limit` thousandths; a piece that is wider alone is split by graphemes."""
    lines = [""]
    used = 0.0
    for piece, width in zip(pieces, widths, strict=True):
        if used and used + width > limit:
            lines.append("")
            used = 0
        if width <= limit:
            lines[-1] += piece
            used += width
            continue
        for grapheme in graphemes(piece):
            part = shape(grapheme, bold).width
            if used and used + part > limit:
                lines.append("")
                used = 0
            lines[-1] += grapheme
            used += part
    return lines


def _cut(text: str, limit: float, bold: bool, rtl: bool) -> str:
    """The longest start of the text that fits together with an ellipsis."""
    parts = list(graphemes(text))
    low, high = 0, len(parts)
    while low < high:
        middle = (low + high + 1) // 2
        if shape("".join(parts[:middle]).rstrip() + ELLIPSIS, bold, rtl).width <= limit:
            low = middle
        else:
            high = middle - 1
    return "".join(parts[:low]).rstrip() + ELLIPSIS


def _leading(line: Line) -> float:
    """Noto Sans itself has room to spare above and below; other scripts use all of theirs."""
    heights = [run.typeface.metrics.ascent - run.typeface.metrics.descent for run in line.runs]
    return max([LEADING, *(height * 0.88 / 1000 for height in heights)])
