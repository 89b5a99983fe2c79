"""Text to glyphs: cleaned, split by typeface and direction, shaped by HarfBuzz, put in visual order.

Lengths are thousandths of the type size, so that one shaping serves every size.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

import uharfbuzz as hb  # type: ignore[import-untyped]

from services.tickets import direction
from services.tickets.typefaces import Typeface, emoji, typeface_for

STAND_IN = "?"
"""Drawn where no typeface has the character; copied text still gives the character itself."""

_EMOJI_STYLE = "\ufe0f"
_JOINERS = frozenset("\u200c\u200d")
_BLANKS = re.compile(r"\s+")
# Control characters would do nothing but harm. Explicit embeddings, overrides and isolates let one
# field reorder what is printed around it; the marks LRM, RLM and ALM are harmless and stay.
_DROPPED = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]")
# Two marks above or below a letter are writing, a third may be phonetics, forty are a prank on the neighbours.
_MARKS = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACKED_MARKS = re.compile(f"({_MARKS}{{3}}){_MARKS}+")
_SURROGATES = re.compile("[\ud800-\udfff]")


class Glyph(NamedTuple):
    """`id` is the number in its font, `text` what copying it gives: nothing when another glyph of the
    same cluster already gives it."""

    id: int
    text: str
    advance: int
    dx: int
    dy: int


@dataclass(frozen=True, slots=True)
class Run:
    """Glyphs of one typeface, as placed from left to right.

    `actual_text` is given where the glyphs don't tell it themselves, one character after another.
    """

    typeface: Typeface
    glyphs: tuple[Glyph, ...]
    width: int
    actual_text: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text from left to right."""

    text: str
    runs: tuple[Run, ...]
    width: int


def clean(text: str) -> str:
    """What can be set on one paragraph: blanks made single, control characters gone, lone surrogates `?`."""
    readable = _SURROGATES.sub(STAND_IN, _DROPPED.sub("", text))
    return _BLANKS.sub(" ", _STACKED_MARKS.sub(r"\1", readable)).strip()


@lru_cache(512)
def shape(text: str, bold: bool = False, right_to_left: bool = False) -> Line:
    """Shape clean text; `right_to_left` is the direction of the paragraph it belongs to."""
    levels = direction.levels(text, right_to_left)
    faces = _typefaces(text, bold)
    runs = []
    for (level, face), indexes in groupby(range(len(text)), lambda index: (levels[index], faces[index])):
        inside = list(indexes)
        runs.append((level, _shape_run(face, text[inside[0] : inside[-1] + 1], level % 2 == 1, bold)))
    ordered = tuple(direction.visual_order(runs))
    return Line(text, ordered, sum(run.width for run in ordered))


def _typefaces(text: str, bold: bool) -> list[Typeface | None]:
    """The typeface of each character; None where a stand-in is drawn."""
    faces: list[Typeface | None] = []
    for index, character in enumerate(text):
        before = faces[-1] if faces else None
        if before is not None and _stays_with(before, character):
            faces.append(before)
        elif text[index + 1 : index + 2] == _EMOJI_STYLE and emoji().glyph(character):
            faces.append(emoji())
        else:
            faces.append(typeface_for(character, bold))
    return faces


def _stays_with(typeface: Typeface, character: str) -> bool:
    """Marks, joiners and variation selectors are shaped together with what they follow, where possible."""
    if character < "\u0300":
        return False
    if character in _JOINERS or _is_selector(character):
        return True
    clings = unicodedata.category(character) in {"Mn", "Mc", "Me"} or "\U0001f3fb" <= character <= "\U0001f3ff"
    return clings and typeface.glyph(character) != 0


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0001" <= character <= "\U000e01ef"


@lru_cache(1024)
def _shape_run(typeface: Typeface | None, text: str, right_to_left: bool, bold: bool) -> Run:
    if typeface is None:
        return _stand_ins(text, bold)
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if right_to_left else "ltr"
    buffer.flags = hb.BufferFlags.REMOVE_DEFAULT_IGNORABLES
    hb.shape(typeface.font, buffer)
    clusters = [info.cluster for info in buffer.glyph_infos]
    ids = [info.codepoint for info in buffer.glyph_infos]
    texts = _texts(typeface, text, ids, clusters, right_to_left)
    scale = typeface.thousandth
    glyphs = tuple(
        Glyph(glyph, said, round(at.x_advance * scale), round(at.x_offset * scale), round(at.y_offset * scale))
        for glyph, said, at in zip(ids, texts, buffer.glyph_positions, strict=True)
    )
    # Not from right to left: widespread readers take such a text for the order on the page and reverse it.
    actual_text = text if "" in texts and not right_to_left else None
    return Run(typeface, glyphs, sum(glyph.advance for glyph in glyphs), actual_text)


def _stand_ins(text: str, bold: bool) -> Run:
    """Letters that merely look different (as 𝒜 does) are drawn plain, all else as a stand-in."""
    face = typeface_for(STAND_IN, bold)
    if face is None:
        raise LookupError(f"no typeface has {STAND_IN!r}")
    glyphs = []
    for character in text:
        if not unicodedata.category(character).startswith("Cf"):
            plain = unicodedata.normalize("NFKC", character)
            drawn = plain if all(face.glyph(letter) for letter in plain) else STAND_IN
            ids = [face.glyph(letter) for letter in drawn]
            said = [character] + [""] * (len(ids) - 1)
            glyphs += [Glyph(glyph, word, face.width(glyph), 0, 0) for glyph, word in zip(ids, said, strict=True)]
    return Run(face, tuple(glyphs), sum(glyph.advance for glyph in glyphs))


def _texts(typeface: Typeface, text: str, ids: list[int], clusters: list[int], right_to_left: bool) -> list[str]:
    """What each glyph says, so that the glyphs of a cluster together say the cluster's characters."""
    if clusters == list(range(len(text))):
        return list(text)
    bounds = [*sorted({0, *clusters}), len(text)]
    ends = dict(pairwise(bounds))
    said: list[str] = []
    for start, members in groupby(zip(clusters, ids, strict=True), lambda pair: pair[0]):
        glyphs = [glyph for _, glyph in members]
        cluster = text[start : ends[start]]
        words = _cluster_texts(typeface, cluster, glyphs[::-1] if right_to_left else glyphs)
        said += reversed(words) if right_to_left else words
    return said


def _cluster_texts(typeface: Typeface, cluster: str, glyphs: list[int]) -> list[str]:
    """In reading order: a character each where that is what was drawn, else all on the first glyph."""
    if glyphs == [typeface.glyph(character) for character in cluster]:
        return list(cluster)
    return [cluster, *[""] * (len(glyphs) - 1)]
