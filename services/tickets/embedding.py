"""Typefaces as PDF fonts: only the glyphs used, addressed by number, saying exactly what was typed.

Each typeface becomes a composite font (ISO 32000-1, 9.7) with identity encoding, so that any glyph
HarfBuzz picks can be drawn. A character id stands for a pair of glyph and text: the same glyph may say
different things in two places (a ligature, a reordered vowel) and still copy out right in both.
"""

import zlib
from collections.abc import Iterable
from itertools import count

import uharfbuzz as hb  # type: ignore[import-untyped]
from reportlab.pdfbase.pdfdoc import (  # type: ignore[import-untyped]
    PDFArray,
    PDFDictionary,
    PDFDocument,
    PDFName,
    PDFObjectReference,
    PDFStream,
    PDFString,
)

from services.tickets.shaping import Glyph
from services.tickets.typefaces import Typeface

# What a PDF reader wants of a TrueType font program is outlines and metrics (ISO 32000-1, 9.9).
_DROPPED_TABLES = "GSUB GPOS GDEF BASE MATH cmap OS/2 post name DSIG gasp STAT vhea vmtx VORG meta cvt  fpgm prep"
_DROPPED_TAGS = {int.from_bytes(tag.encode()) for tag in [*_DROPPED_TABLES.split(), "cvt "]}
_SYMBOLIC = 4

NOTHING = "\u200b"
"""What a glyph says that has nothing to say: readers print control characters where there is no entry."""


class EmbeddedFont:
    """One typeface in one document. `name` is its resource name."""

    def __init__(self, typeface: Typeface, name: str) -> None:
        self.typeface = typeface
        self.name = name
        self._ids: dict[tuple[int, str], int] = {}

    def character_id(self, glyph: Glyph) -> int:
        return self._ids.setdefault((glyph.id, glyph.text), len(self._ids) + 1)

    def add_to(self, document: PDFDocument) -> PDFObjectReference:
        """Write the font; call once, after everything is drawn."""
        program, renumbered = _subset(self.typeface, {glyph for glyph, _ in self._ids})
        base = f"{self._tag()}+{self.typeface.name}"
        descendant = PDFDictionary(
            {
                "Type": PDFName("Font"),
                "Subtype": PDFName("CIDFontType2"),
                "BaseFont": PDFName(base),
                "CIDSystemInfo": PDFDictionary(
                    {"Registry": PDFString("Adobe"), "Ordering": PDFString("Identity"), "Supplement": 0}
                ),
                "FontDescriptor": document.Reference(self._descriptor(base, document.Reference(_stream(program)))),
                "W": f"[1 [{' '.join(str(self.typeface.width(glyph)) for glyph, _ in self._ids)}]]",
                "CIDToGIDMap": document.Reference(self._glyph_map(renumbered)),
            }
        )
        return document.Reference(
            PDFDictionary(
                {
                    "Type": PDFName("Font"),
                    "Subtype": PDFName("Type0"),
                    "BaseFont": PDFName(base),
                    "Encoding": PDFName("Identity-H"),
                    "DescendantFonts": PDFArray([document.Reference(descendant)]),
                    "ToUnicode": document.Reference(_stream(self._to_unicode())),
                }
            )
        )

    def _descriptor(self, base: str, program: PDFObjectReference) -> PDFDictionary:
        metrics = self.typeface.metrics
        return PDFDictionary(
            {
                "Type": PDFName("FontDescriptor"),
                "FontName": PDFName(base),
                "Flags": _SYMBOLIC,
                "FontBBox": PDFArray(metrics.box),
                "ItalicAngle": 0,
                "Ascent": metrics.ascent,
                "Descent": metrics.descent,
                "CapHeight": metrics.cap_height,
                "StemV": 80,
                "FontFile2": program,
            }
        )

    def _glyph_map(self, renumbered: dict[int, int]) -> PDFStream:
        return _stream(b"\0\0" + b"".join(renumbered[glyph].to_bytes(2) for glyph, _ in self._ids))

    def _to_unicode(self) -> bytes:
        said = ((cid, text or NOTHING) for (_, text), cid in self._ids.items())
        pairs = [f"<{cid:04X}> <{text.encode('utf-16-be').hex()}>" for cid, text in said]
        return _cmap(pairs).encode()

    def _tag(self) -> str:
        """Six capitals that name the subset, the same for the same subset (ISO 32000-1, 9.6.4)."""
        number = zlib.crc32(repr(list(self._ids)).encode())
        return "".join(chr(65 + number // 26**place % 26) for place in range(6))


class EmbeddedFonts:
    """The fonts of one document."""

    def __init__(self) -> None:
        self._fonts: dict[str, EmbeddedFont] = {}
        self._numbers = count(1)

    def of(self, typeface: Typeface) -> EmbeddedFont:
        if typeface.name not in self._fonts:
            self._fonts[typeface.name] = EmbeddedFont(typeface, f"F{next(self._numbers)}")
        return self._fonts[typeface.name]

    def add_to(self, document: PDFDocument) -> PDFDictionary:
        """Write all of them; gives the resource dictionary that pages refer to."""
        return PDFDictionary({font.name: font.add_to(document) for font in self._fonts.values()})


def _subset(typeface: Typeface, glyphs: set[int]) -> tuple[bytes, dict[int, int]]:
    """A font program with these glyphs, and their numbers in it."""
    wanted = hb.SubsetInput()
    wanted.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE | hb.SubsetFlags.NOTDEF_OUTLINE
    wanted.glyph_set.update(glyphs)
    wanted.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update(_DROPPED_TAGS)
    plan = hb.SubsetPlan(typeface.subsettable, wanted)
    return bytes(plan.execute().blob.data), dict(plan.old_to_new_glyph_mapping)


def _stream(content: bytes) -> PDFStream:
    return PDFStream(PDFDictionary({"Filter": PDFName("FlateDecode"), "Length1": len(content)}), zlib.compress(content))


def _cmap(pairs: list[str]) -> str:
    # A section holds at most 100 pairs (Adobe technical note 5411).
    sections: Iterable[list[str]] = (pairs[start : start + 100] for start in range(0, len(pairs), 100))
    body = "\n".join(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar" for part in sections)
    return f"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
{body}
endcmap CMapName currentdict /CMap defineresource pop end end"""
