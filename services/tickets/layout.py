"""Where everything stands on the page, and how large.

Boxes are measured in points from the top left corner of a page that reads from left to right.
"""

from typing import NamedTuple

from services.tickets.drawing import Colour

WIDTH, HEIGHT = 595.28, 841.89
INK: Colour = (0.09, 0.09, 0.12)
MUTED: Colour = (0.40, 0.40, 0.45)
HAIRLINE: Colour = (0.72, 0.72, 0.75)
ACCENT: Colour = (0.52, 0.07, 0.20)
"""A theatre's red; prints as a dark grey."""


class Box(NamedTuple):
    """`x`, `y` is the upper left corner."""

    x: float
    y: float
    width: float
    height: float


class Style(NamedTuple):
    """Type sizes from `largest` down to `smallest`.

    `flush` sets at the far edge of the box instead of the near one, `centred` in the middle of its height.
    A single line stands on `baseline` points below the box's top whatever its size and script, so that
    neighbours stand on one line.
    """

    largest: float
    smallest: float
    bold: bool = False
    colour: Colour = INK
    flush: bool = False
    centred: bool = False
    baseline: float = 0


CARD = Box(36, 34, 523.28, 372)
STRIPE = 9.0
NOTCH = 8.0
PERFORATION = 336.0
FOLD = HEIGHT / 2
LEFT, RIGHT = 70.0, 535.0
SECOND_COLUMN = 325.0
COLUMN = RIGHT - SECOND_COLUMN
CODE = Box(361, 150, 182, 182)
"""With the quiet zone: the code itself is 54 mm wide, 1.3 mm a module."""

LABEL = Style(8.5, 6, colour=MUTED)
TITLE = Style(42, 9.5, bold=True, centred=True)
VENUE = Style(14, 7.5, bold=True)
HEADING = Style(12, 8, bold=True, colour=ACCENT)
ROW = Style(10.5, 7)
STRONG = Style(10.5, 7, bold=True)
ADVICE = Style(9.5, 9.5)


def cells() -> tuple[Box, Box, Box, Box]:
    """Holder, type, price and number, below the perforation."""
    return Box(LEFT, 349, 168, 48), Box(250, 349, 104, 48), Box(366, 349, 66, 48), Box(444, 349, 91, 48)


def value_in(cell: Box) -> Box:
    """What is left of a cell below its label."""
    return Box(cell.x, cell.y + 12, cell.width, cell.height - 14)


def up(y: float) -> float:
    """From the page's top to PDF's height above its bottom."""
    return HEIGHT - y
