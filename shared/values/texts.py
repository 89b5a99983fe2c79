"""Text that people write: what may stand in it, and whether anything of it can be seen."""

import re
import unicodedata

MAX_NAME = 200

# Cc: control characters (line breaks among them), Cs: halves of surrogate pairs, Zl and Zp: line and paragraph ends.
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})

# What leaves no mark by itself, as the inside of a regular expression's [] that Python and ECMAScript read alike:
# blanks and controls, Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties (U+200B, U+3164, U+FEFF among
# them), interlinear annotations, marks without a letter, and the blanks among the symbols (U+2800, U+1D159).
INVISIBLE = (
    r"\s\x00-\x1f\x7f-\x9f"
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    r"\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    r"\u2800"
    "\U0001d159\U00016fe4"
)
_VISIBLE = re.compile(f"[^{INVISIBLE}]")


def printable(value: str) -> str:
    """Refuse what can't stand in one line of text. Raises `ValueError`."""
    if not value.isprintable() and any(unicodedata.category(character) in _UNPRINTABLE for character in value):
        raise ValueError("Leave out line breaks and control characters.")
    return value


def multiline(value: str) -> str:
    """The same for text of several lines: their ends become line feeds, tabs spaces. Raises `ValueError`."""
    lines = value.replace("\r\n", "\n").replace("\t", " ").split("\n")
    return "\n".join(printable(line) for line in lines)


def visible(value: str) -> bool:
    """Whether a reader sees anything of it.

    >>> visible("Ada"), visible("李"), visible("\\u200b"), visible("\\u3164 \\u2800")
    (True, True, False, False)
    """
    return _VISIBLE.search(value) is not None


def name(value: str) -> str:
    """The name of a person, an organiser or a thing, its length seen to elsewhere. Raises `ValueError`."""
    if not visible(printable(value)):
        raise ValueError("Give a name that can be seen: this one has only blanks.")
    return value


def line(value: str) -> str:
    """A line that may be left empty, and is when nothing of it can be seen. Raises `ValueError`."""
    return value if visible(printable(value)) else ""
