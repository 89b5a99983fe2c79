"""Font programs cut down to some of their glyphs, as PDF wants them."""

import uharfbuzz as hb  # type: ignore[import-untyped]

from services.tickets.typefaces import Typeface

# What a PDF reader wants of a TrueType font program is outlines and metrics (ISO 32000-1, 9.9).
_DROPPED_TABLES = "GSUB GPOS GDEF BASE MATH cmap OS/2 post name DSIG gasp STAT vhea vmtx VORG meta cvt  fpgm prep"
_DROPPED_TAGS = {int.from_bytes(tag.encode()) for tag in [*_DROPPED_TABLES.split(), "cvt "]}
_FLAGS = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE | hb.SubsetFlags.NOTDEF_OUTLINE


def subset(typeface: Typeface, glyphs: set[int]) -> tuple[bytes, dict[int, int]]:
    """A font program with these glyphs, and their numbers in it."""
    wanted = hb.SubsetInput()
    wanted.flags = _FLAGS
    wanted.glyph_set.update(glyphs)
    wanted.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update(_DROPPED_TAGS)
    plan = hb.SubsetPlan(typeface.subsettable, wanted)
    return bytes(plan.execute().blob.data), dict(plan.old_to_new_glyph_mapping)
