"""Where a text may be broken into lines.

A plain subset of UAX #14: after blanks and hyphens, and between ideographs and syllables of scripts
that are written without blanks; anywhere between graphemes when nothing else fits.
"""

import unicodedata
from collections.abc import Iterator

_JOINER = "\u200d"
_NO_BREAK_BEFORE = frozenset("、。，．・：；？！ー）］｝」』】〉》〕’”…,.:;?!)]}")
_UNSPACED = ("\u0e00", "\u0eff"), ("\u1000", "\u109f"), ("\u1780", "\u17ff"), ("\u2e80", "\u9fff"), ("\uac00", "\ufaff")


def pieces_of(text: str) -> Iterator[str]:
    """The text in parts between which a line may break."""
    piece = ""
    for grapheme in graphemes(text):
        if piece and _may_break(piece[-1], grapheme[0]):
            yield piece
            piece = ""
        piece += grapheme
    if piece:
        yield piece


def graphemes(text: str) -> Iterator[str]:
    """What a reader takes for one character (UAX #29, without its rarer rules)."""
    start = 0
    for index in range(1, len(text)):
        if not _extends(text, index):
            yield text[start:index]
            start = index
    if text:
        yield text[start:]


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _NO_BREAK_BEFORE:
        return False
    return before in " -–—/" or _is_unspaced(after) or _is_unspaced(before)


def _is_unspaced(character: str) -> bool:
    if character < _UNSPACED[0][0]:
        return False
    return any(first <= character <= last for first, last in _UNSPACED) or character > "\U0001f000"


def _extends(text: str, index: int) -> bool:
    """Whether the character belongs to the grapheme that the one before it is in."""
    before, character = text[index - 1], text[index]
    if character < "\u0300":
        return False
    if unicodedata.category(character) in {"Mn", "Mc", "Me", "Cf"} or "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    if _is_flag_letter(before) and _is_flag_letter(character):
        letters = len(text[:index]) - len(text[:index].rstrip("".join(map(chr, range(0x1F1E6, 0x1F200)))))
        return letters % 2 == 1
    # A virama binds the next consonant; Hangul written as single letters makes a syllable of them.
    return before == _JOINER or unicodedata.combining(before) == 9 or "\u1160" <= character <= "\u11ff"


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
