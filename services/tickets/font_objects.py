"""A typeface as a composite PDF font with identity encoding (ISO 32000-1, 9.7), and only with the glyphs used."""

import zlib
from collections.abc import Mapping

from services.tickets.objects import Compression, ObjectWriter, stream
from services.tickets.subsetting import subset
from services.tickets.typefaces import Typeface

CharacterIds = Mapping[tuple[int, str], int]
"""From 1 on in the mapping's order, by glyph and what the glyph says."""

_SYMBOLIC = 4

NOTHING = "\u200b"
"""What a glyph says that has nothing to say: readers print control characters where there is no entry."""


def add(objects: ObjectWriter, typeface: Typeface, ids: CharacterIds, compression: Compression) -> int:
    """Write the font's objects; gives the number of the one that stands for it."""
    program, renumbered = subset(typeface, {glyph for glyph, _ in ids})
    glyph_map = b"\0\0" + b"".join([renumbered[glyph].to_bytes(2) for glyph, _ in ids])
    widths = " ".join([str(typeface.width(glyph)) for glyph, _ in ids])
    base = f"/{_tag(ids)}+{typeface.name}"
    program_number = objects.add(stream(program, compression, b"/Length1 %d" % len(program)))
    descriptor = objects.add(_descriptor(typeface, base, program_number))
    descendant = objects.add(
        f"<</Type/Font/Subtype/CIDFontType2/BaseFont{base}/FontDescriptor {descriptor} 0 R/W[1[{widths}]]"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        f"/CIDToGIDMap {objects.add(stream(glyph_map, compression))} 0 R>>".encode()
    )
    return objects.add(
        f"<</Type/Font/Subtype/Type0/BaseFont{base}/Encoding/Identity-H/DescendantFonts[{descendant} 0 R]"
        f"/ToUnicode {objects.add(stream(_to_unicode(ids), compression))} 0 R>>".encode()
    )


def _descriptor(typeface: Typeface, base: str, program: int) -> bytes:
    metrics = typeface.metrics
    return (
        f"<</Type/FontDescriptor/FontName{base}/Flags {_SYMBOLIC}/FontBBox[{' '.join(map(str, metrics.box))}]"
        f"/ItalicAngle 0/Ascent {metrics.ascent}/Descent {metrics.descent}/CapHeight {metrics.cap_height}"
        f"/StemV 80/FontFile2 {program} 0 R>>"
    ).encode()


def _tag(ids: CharacterIds) -> str:
    """Six capitals that name the subset, the same for the same subset (ISO 32000-1, 9.6.4)."""
    number = zlib.crc32(repr(list(ids)).encode())
    return "".join(chr(65 + number // 26**place % 26) for place in range(6))


def _to_unicode(ids: CharacterIds) -> bytes:
    said = ((cid, text or NOTHING) for (_, text), cid in ids.items())
    pairs = [f"<{cid:04X}> <{text.encode('utf-16-be').hex()}>" for cid, text in said]
    # A section holds at most 100 pairs (Adobe technical note 5411).
    sections = (pairs[start : start + 100] for start in range(0, len(pairs), 100))
    body = "\n".join(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar" for part in sections)
    return f"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
{body}
endcmap CMapName currentdict /CMap defineresource pop end end""".encode()
