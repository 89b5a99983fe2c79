"""What every mail of ours says, and the languages we have. A language is here, or in no area."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """`colon` and `comma` join labels and lists in the text mail."""

    greeting: str
    colon: str = ": "
    comma: str = ", "


WORDS: Mapping[str, Words] = {
    "en": Words(
        greeting="Hello {name},",
    ),
    "de": Words(
        greeting="Hallo {name},",
    ),
    "fr": Words(
        greeting="Bonjour {name},",
        colon=" : ",
    ),
    "es": Words(
        greeting="Hola, {name}:",
    ),
    "ar": Words(
        greeting="مرحبًا {name}،",
        comma="، ",
    ),
    "ja": Words(
        greeting="{name} 様",
        colon="：",
        comma="、",
    ),
}
FALLBACK = "en"


def language_of(locale: str) -> str:
    """The language we have for a BCP 47 tag.

    >>> language_of("de-AT"), language_of("AR_eg"), language_of("tlh")
    ('de', 'ar', 'en')
    """
    language = locale.replace("_", "-").partition("-")[0].lower()
    return language if language in WORDS else FALLBACK
