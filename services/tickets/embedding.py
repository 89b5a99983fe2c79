"""Which fonts of a document its text is drawn with.

Each typeface becomes composite fonts (ISO 32000-1, 9.7) with identity encoding, so that any glyph
HarfBuzz picks can be drawn. A character id stands for a pair of glyph and text: the same glyph may say
different things in two places (a ligature, a reordered vowel) and still copy out right in both.

Fonts come in layers, each written once everything of it is drawn: the Latin letters that every document
has (`services.tickets.latin`), what else an event needs (`services.tickets.frame`), and what else one order needs.
A run is drawn with the first font that has all of its glyphs, whoever drew it first: which fonts a text
gets depends on the layers below it and never on what was drawn before in the process.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.tickets import font_objects
from services.tickets.objects import Compression, ObjectWriter
from services.tickets.shaping import Run
from services.tickets.typefaces import Typeface

Placed = tuple[str, Sequence[int]]
"""The resource name of a font, and the run's character ids in it."""


class NotEmbedded(Exception):
    """Some glyph of the run is in no finished font."""


class Font:
    """One typeface's glyphs in one layer. `name` is its resource name."""

    def __init__(self, typeface: Typeface, name: str) -> None:
        self.typeface = typeface
        self.name = name
        self.ids: dict[tuple[int, str], int] = {}

    def place(self, run: Run) -> list[int]:
        """Character ids of the run's glyphs, new ones where need be."""
        ids = self.ids
        return [ids.setdefault((glyph.id, glyph.text), len(ids) + 1) for glyph in run.glyphs]

    def find(self, run: Run) -> list[int] | None:
        """Character ids of the run's glyphs if it has them all."""
        found = [self.ids.get((glyph.id, glyph.text), 0) for glyph in run.glyphs]
        return found if 0 not in found else None


@dataclass(frozen=True, slots=True)
class FinishedFonts:
    """Fonts that are written, in the order they are looked through, and their objects by resource name.

    `resources` is the number of the font dictionary that pages and forms refer to.
    """

    fonts: tuple[Font, ...] = ()
    references: dict[str, int] = field(default_factory=dict)
    resources: int = 0

    def place(self, run: Run) -> Placed:
        """Raises `NotEmbedded`."""
        for font in self.fonts:
            if font.typeface is run.typeface and (ids := font.find(run)) is not None:
                return font.name, ids
        raise NotEmbedded(run.typeface.name)


class FontLayer:
    """Fonts still being drawn with, on top of finished ones."""

    def __init__(self, below: FinishedFonts) -> None:
        self._below = below
        self._own: dict[str, Font] = {}

    def place(self, run: Run) -> Placed:
        try:
            return self._below.place(run)
        except NotEmbedded:
            font = self._own_font(run.typeface)
            return font.name, font.place(run)

    def add_to(self, objects: ObjectWriter, compression: Compression) -> FinishedFonts:
        """Write the layer; call once, after everything is drawn."""
        if not self._own:
            return self._below
        references = self._below.references | {
            font.name: font_objects.add(objects, font.typeface, font.ids, compression) for font in self._own.values()
        }
        entries = "".join([f"/{name} {number} 0 R" for name, number in references.items()])
        resources = objects.add(f"<<{entries}>>".encode())
        return FinishedFonts((*self._below.fonts, *self._own.values()), references, resources)

    def _own_font(self, typeface: Typeface) -> Font:
        if typeface.name not in self._own:
            number = len(self._below.fonts) + len(self._own) + 1
            self._own[typeface.name] = Font(typeface, f"F{number}")
        return self._own[typeface.name]
