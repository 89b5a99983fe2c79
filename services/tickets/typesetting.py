"""Words into boxes of a page that reads from left to right, or is mirrored as a whole."""

from services.tickets import drawing
from services.tickets.fitting import Block, fit
from services.tickets.layout import WIDTH, Box, Style, up


def text(box: Box, words: str, style: Style, mirrored: bool, fonts: drawing.Fonts) -> str:
    """Words from the top of their box; nothing of them shows outside it but a little overhang.

    Raises `NotEmbedded` for glyphs that `fonts` can't take.
    """
    block = fitted(box, words, style, mirrored)
    left, bottom = corner(box, mirrored)
    first = up(box.y) - _first_baseline(box, style, block)
    marks = []
    for number, line in enumerate(block.lines):
        slack = box.width - line.width * block.size / 1000
        x = left + (slack if style.flush != mirrored else 0)
        marks.append(drawing.text(line, x, first - number * block.leading, block.size, style.colour, fonts))
    return drawing.clipped(left - 3, bottom - 2, box.width + 6, box.height + 5, *marks)


def fitted(box: Box, words: str, style: Style, mirrored: bool) -> Block:
    return fit(words, box.width, box.height, style.largest, style.smallest, style.bold, mirrored)


def corner(box: Box, mirrored: bool) -> tuple[float, float]:
    """The lower left corner on the page."""
    x = WIDTH - box.x - box.width if mirrored else box.x
    return x, up(box.y + box.height)


def _first_baseline(box: Box, style: Style, block: Block) -> float:
    """In points below the top of the box."""
    if style.centred:
        return (box.height - block.height) / 2 + block.leading * 0.78
    if len(block.lines) == 1:
        return style.baseline or style.largest * 0.98
    return block.leading * 0.78
