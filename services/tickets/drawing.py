"""Marks on a page as PDF operators (ISO 32000-1, annex A). Points, from the lower left corner."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Protocol

from services.tickets.embedding import Placed
from services.tickets.shaping import Line, Run

Colour = tuple[float, float, float]
"""Red, green and blue from 0 to 1."""

# The share of the type size by which a bold without a file of its own is thickened.
_HEAVIER = 0.028

# How far a Bézier curve's handles reach for a quarter of a circle, in radii: 4 (√2 − 1) / 3.
_ROUND = 0.5523


class Fonts(Protocol):
    def place(self, run: Run) -> Placed: ...


def text(line: Line, x: float, y: float, size: float, tint: Colour, fonts: Fonts) -> str:
    """A line whose baseline starts at `x`, `y`. Raises `NotEmbedded` for glyphs that `fonts` can't take."""
    parts = [f"{_rgb(tint)} rg {_rgb(tint)} RG BT"]
    for run in line.runs:
        parts.append(_run(run, fonts.place(run), x, y, size))
        x += run.width * size / 1000
    return "\n".join([*parts, "ET"])


def rule(x1: float, y1: float, x2: float, y2: float, tint: Colour, width: float, dashes: str = "") -> str:
    return f"q {_rgb(tint)} RG {width} w 1 J [{dashes}] 0 d {x1:.2f} {y1:.2f} m {x2:.2f} {y2:.2f} l S Q"


def rectangle(x: float, y: float, width: float, height: float, tint: Colour) -> str:
    return f"{_rgb(tint)} rg {x:.2f} {y:.2f} {width:.2f} {height:.2f} re f"


def stroked(path: str, tint: Colour, width: float) -> str:
    return f"q {_rgb(tint)} RG {width} w {path} S Q"


def colour(tint: Colour) -> str:
    """Fill what follows in this colour."""
    return f"{_rgb(tint)} rg"


def ticket(x: float, y: float, width: float, height: float, notch_y: float, notch: float, corner: float = 12) -> str:
    """The outline of a ticket: round corners, and half a hole at both ends of the perforation at `notch_y`."""
    right, top = x + width, y + height
    c, n = corner * _ROUND, notch * _ROUND
    return f"""{x + corner:.2f} {y:.2f} m {right - corner:.2f} {y:.2f} l
{right - corner + c:.2f} {y:.2f} {right:.2f} {y + corner - c:.2f} {right:.2f} {y + corner:.2f} c
{right:.2f} {notch_y - notch:.2f} l
{right - n:.2f} {notch_y - notch:.2f} {right - notch:.2f} {notch_y - n:.2f} {right - notch:.2f} {notch_y:.2f} c
{right - notch:.2f} {notch_y + n:.2f} {right - n:.2f} {notch_y + notch:.2f} {right:.2f} {notch_y + notch:.2f} c
{right:.2f} {top - corner:.2f} l
{right:.2f} {top - corner + c:.2f} {right - corner + c:.2f} {top:.2f} {right - corner:.2f} {top:.2f} c
{x + corner:.2f} {top:.2f} l
{x + corner - c:.2f} {top:.2f} {x:.2f} {top - corner + c:.2f} {x:.2f} {top - corner:.2f} c
{x:.2f} {notch_y + notch:.2f} l
{x + n:.2f} {notch_y + notch:.2f} {x + notch:.2f} {notch_y + n:.2f} {x + notch:.2f} {notch_y:.2f} c
{x + notch:.2f} {notch_y - n:.2f} {x + n:.2f} {notch_y - notch:.2f} {x:.2f} {notch_y - notch:.2f} c
{x:.2f} {y + corner:.2f} l
{x:.2f} {y + corner - c:.2f} {x + corner - c:.2f} {y:.2f} {x + corner:.2f} {y:.2f} c h"""


def clipped(x: float, y: float, width: float, height: float, *marks: str) -> str:
    """Marks of which nothing shows outside the rectangle."""
    return "\n".join([f"q {x:.2f} {y:.2f} {width:.2f} {height:.2f} re W n", *marks, "Q"])


def _run(run: Run, placed: Placed, x: float, y: float, size: float) -> str:
    font, ids = placed
    stroke = f"2 Tr {size * _HEAVIER:.3f} w" if run.typeface.heavier else "0 Tr"
    start = f"{stroke} /{font} {size:.2f} Tf 1 0 0 1 {x:.2f} {y:.2f} Tm"
    shows = "\n".join(_shows(run, ids, size))
    if run.actual_text is None:
        return f"{start}\n{shows}"
    actual = run.actual_text.encode("utf-16-be").hex()
    return f"{start}\n/Span <</ActualText <feff{actual}>>> BDC\n{shows}\nEMC"


def _shows(run: Run, ids: Sequence[int], size: float) -> Iterator[str]:
    """One show operator for each stretch of glyphs at the same height."""
    width = run.typeface.width
    array: list[str] = []
    rise = drift = 0
    for (glyph, _, advance, dx, dy), character in zip(run.glyphs, ids, strict=True):
        if dy != rise:
            yield from _show(array, rise, size)
            array, rise = [], dy
        if shift := dx - drift:
            array.append(f">{-shift}<")
        array.append(f"{character:04X}")
        drift = width(glyph) + dx - advance
    yield from _show(array, rise, size)
    if rise:
        yield "0 Ts"


def _show(array: list[str], rise: int, size: float) -> Iterator[str]:
    if array:
        yield f"{rise * size / 1000:.2f} Ts [<{''.join(array)}>] TJ".replace("[<>", "[")


@lru_cache(64)
def _rgb(tint: Colour) -> str:
    return " ".join(f"{part:g}" for part in tint)
