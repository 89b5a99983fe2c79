"""Every sentence of every mail is there in every language, and fills in what the English one does."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from types import ModuleType
from typing import Any

import pytest

from services.mailer import wording
from services.mailer.wording.frame import WORDS

AREAS = [
    importlib.import_module(f"{wording.__name__}.{found.name}") for found in pkgutil.iter_modules(wording.__path__)
]


def gaps_of(sentence: object) -> set[str]:
    return set(re.findall(r"{\w*}", str(sentence)))


def sentences(words: Any) -> Iterator[tuple[str, str]]:
    for sentence in fields(words):
        said = getattr(words, sentence.name)
        yield from ((sentence.name, form) for form in (said.values() if isinstance(said, Mapping) else [said]))


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.__name__.rpartition(".")[2])
def test_every_area_has_every_language_with_the_same_gaps(area: ModuleType) -> None:
    assert list(area.WORDS) == list(WORDS)
    for language, words in area.WORDS.items():
        allowed = dict[str, set[str]]()
        for name, said in sentences(area.WORDS["en"]):
            allowed[name] = allowed.get(name, set()) | gaps_of(said)
        for name, said in sentences(words):
            assert said, (language, name)
            missing = gaps_of(said) ^ allowed[name]
            assert missing <= ({"{count}"} if name == "tickets" else set()), (language, name)
