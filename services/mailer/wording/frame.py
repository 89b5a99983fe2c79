"""What every mail of ours says."""

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
    "it": Words(
        greeting="Ciao {name},",
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
