"""A typeface as a composite PDF font with identity encoding (ISO 32000-1, 9.7), and only with the glyphs used."""

import zlib
from collections.abc import Iterable, Mapping

from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFString  # type: ignore[import-untyped]

from services.tickets.objects import ObjectWriter, formatted, reference, stream
from services.tickets.subsetting import subset
from services.tickets.typefaces import Typeface

CharacterIds = Mapping[tuple[int, str], int]
"""From 1 on in the mapping's order, by glyph and what the glyph says."""

_SYMBOLIC = 4

NOTHING = "\u200b"
"""What a glyph says that has nothing to say: readers print control characters where there is no entry."""


def add(objects: ObjectWriter, typeface: Typeface, ids: CharacterIds, level: int) -> int:
    """Write the font's objects; gives the number of the one that stands for it. `level` is zlib's."""
    program, renumbered = subset(typeface, {glyph for glyph, _ in ids})
    base = f"{_tag(ids)}+{typeface.name}"
    glyph_map = b"\0\0" + b"".join([renumbered[glyph].to_bytes(2) for glyph, _ in ids])
    descriptor = _descriptor(typeface, base, objects.add(stream(program, level, Length1=len(program))))
    descendant = PDFDictionary(
        {
            "Type": PDFName("Font"),
            "Subtype": PDFName("CIDFontType2"),
            "BaseFont": PDFName(base),
            "CIDSystemInfo": PDFDictionary(
                {"Registry": PDFString("Adobe"), "Ordering": PDFString("Identity"), "Supplement": 0}
            ),
            "FontDescriptor": reference(objects.add(formatted(descriptor))),
            "W": f"[1 [{' '.join([str(typeface.width(glyph)) for glyph, _ in ids])}]]",
            "CIDToGIDMap": reference(objects.add(stream(glyph_map, level))),
        }
    )
    font = PDFDictionary(
        {
            "Type": PDFName("Font"),
            "Subtype": PDFName("Type0"),
            "BaseFont": PDFName(base),
            "Encoding": PDFName("Identity-H"),
            "DescendantFonts": PDFArray([reference(objects.add(formatted(descendant)))]),
            "ToUnicode": reference(objects.add(stream(_to_unicode(ids), level))),
        }
    )
    return objects.add(formatted(font))


def _descriptor(typeface: Typeface, base: str, program: int) -> PDFDictionary:
    metrics = typeface.metrics
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
            "FontFile2": reference(program),
        }
    )


def _tag(ids: CharacterIds) -> str:
    """Six capitals that name the subset, the same for the same subset (ISO 32000-1, 9.6.4)."""
    number = zlib.crc32(repr(list(ids)).encode())
    return "".join(chr(65 + number // 26**place % 26) for place in range(6))


def _to_unicode(ids: CharacterIds) -> bytes:
    said = ((cid, text or NOTHING) for (_, text), cid in ids.items())
    pairs = [f"<{cid:04X}> <{text.encode('utf-16-be').hex()}>" for cid, text in said]
    # A section holds at most 100 pairs (Adobe technical note 5411).
    sections: Iterable[list[str]] = (pairs[start : start + 100] for start in range(0, len(pairs), 100))
    body = "\n".join(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar" for part in sections)
    return f"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
{body}
endcmap CMapName currentdict /CMap defineresource pop end end""".encode()
