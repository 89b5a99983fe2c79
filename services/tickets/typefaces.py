"""The vendored typefaces and which of them draws a character.

All are Noto, static TrueType under the Open Font License (`fonts/OFL.txt`), so that any script is
drawn alike on any machine. Files are mapped into memory, not read: an unused one costs nothing, and
every worker shares the same pages. Arabic is the release of 2020: later ones split letters from their
dots, and copied text comes out damaged.
"""

from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

import uharfbuzz as hb  # type: ignore[import-untyped]

FOLDER = Path(__file__).parent / "fonts"

WITH_BOLD = ("NotoSans", "NotoSansArabic", "NotoSansHebrew", "NotoSansDevanagari", "NotoSansThai")
REGULAR_ONLY = tuple(
    f"NotoSans{script}"
    for script in (
        *("Armenian", "Bengali", "Ethiopic", "Georgian", "Gujarati", "Gurmukhi", "Kannada", "Khmer", "Lao"),
        *("Malayalam", "Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu", "Thaana", "SC", "KR"),
    )
)
EMOJI = "NotoEmoji"


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """Of a typeface, in thousandths of the type size; `descent` is negative."""

    ascent: int
    descent: int
    cap_height: int
    box: tuple[int, int, int, int]


class Typeface:
    """One font file. `heavier` asks for a bold drawn by a stroke, where the file has none of its own."""

    def __init__(self, path: Path, heavier: bool = False) -> None:
        self.name = path.stem
        self.heavier = heavier
        self.face = hb.Face(hb.Blob.from_file_path(str(path)))
        self.font = hb.Font(self.face)
        self.thousandth: float = 1000 / self.face.upem

    def glyph(self, character: str) -> int:
        """The glyph's number in the font, 0 when it has none."""
        return int(self.font.get_nominal_glyph(ord(character)) or 0)

    @lru_cache(4096)  # noqa: B019 - typefaces live as long as the process
    def width(self, glyph: int) -> int:
        """The glyph's own advance in thousandths of the type size."""
        advance: int = self.font.get_glyph_h_advance(glyph)
        return round(advance * self.thousandth)

    @cached_property
    def subsettable(self) -> hb.Face:
        """The face prepared for cutting subsets: up to 30 ms once, and 20 µs a subset instead of 1.5 ms."""
        return hb.subset_preprocess(self.face)

    @cached_property
    def metrics(self) -> Metrics:
        extents = self.font.get_font_extents("ltr")
        head = bytes(self.face.reference_table("head").data)
        corners = [int.from_bytes(head[at : at + 2], signed=True) for at in (36, 38, 40, 42)]
        box = [round(corner * self.thousandth) for corner in corners]
        return Metrics(
            ascent=round(extents.ascender * self.thousandth),
            descent=round(extents.descender * self.thousandth),
            cap_height=round((self.font.get_metric_position(hb.OTMetricsTag.CAP_HEIGHT) or 0) * self.thousandth),
            box=(box[0], box[1], box[2], box[3]),
        )


@cache
def family(bold: bool) -> tuple[Typeface, ...]:
    """Every typeface of one weight, the first choice first."""
    weight = "Bold" if bold else "Regular"
    return (
        *(Typeface(FOLDER / f"{name}-{weight}.ttf") for name in WITH_BOLD),
        *(Typeface(FOLDER / f"{name}-Regular.ttf", heavier=bold) for name in REGULAR_ONLY),
        emoji(),
    )


@cache
def emoji() -> Typeface:
    return Typeface(FOLDER / f"{EMOJI}-Regular.ttf")


@lru_cache(16384)
def typeface_for(character: str, bold: bool) -> Typeface | None:
    """The first typeface that has the character; None when none has."""
    return next((face for face in family(bold) if face.glyph(character)), None)
