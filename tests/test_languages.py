"""Whoever buys in a language reads it to the end: every catalogue has every sentence in every language, gaps too."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from babel import Locale

from services.tickets.wording import wording
from shared.languages import LANGUAGES, RIGHT_TO_LEFT, language_of

ROOT = Path(__file__).parents[1]
CATALOGUES = sorted(
    ".".join(source.relative_to(ROOT).with_suffix("").parts)
    for source in (ROOT / "services").rglob("*.py")
    if re.search(r"^WORDS\b.*=", source.read_text(), re.MULTILINE)
)


def test_pages_mails_and_tickets_have_their_catalogues() -> None:
    for area in ("services.orders.pages.wording", "services.mailer.wording", "services.tickets.languages"):
        assert [name for name in CATALOGUES if name.startswith(area)], area


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_sentence_is_there_in_every_language_with_the_same_gaps(name: str) -> None:
    catalogue = import_module(name)
    assert list(catalogue.WORDS) == list(LANGUAGES)
    for sentence in fields(catalogue.Words):
        said = {language: getattr(words, sentence.name) for language, words in catalogue.WORDS.items()}
        for language, here in said.items():
            assert all(forms_of(here)), (sentence.name, language)
            assert gaps_of(here) == gaps_of(said["en"]), (sentence.name, language)
            if isinstance(here, Mapping):
                check_forms(here, said["en"], language)


def check_forms(here: Mapping[str, str], english: Mapping[str, str], language: str) -> None:
    """A sentence for each status, or for those plural forms that the language has."""
    if "other" not in english:
        assert here.keys() == english.keys(), language
    else:
        assert "other" in here, language
        assert here.keys() <= Locale(language).plural_form.tags | {"other"}, language


def forms_of(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    else:
        for part in said.values() if isinstance(said, Mapping) else said:
            yield from forms_of(part)


def gaps_of(said: Any) -> set[str]:
    return set(re.findall(r"{\w*}", " ".join(forms_of(said))))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_its_own_name_and_direction(language: str) -> None:
    locale = Locale(language)
    assert LANGUAGES[language].casefold() == str(locale.get_language_name(language)).casefold()
    assert (locale.text_direction == "rtl") == (language in RIGHT_TO_LEFT)


def test_pages_mails_and_tickets_take_a_tag_for_the_same_language() -> None:
    for tag in ("de-AT", "pt-BR", "zh-Hant-TW", "en-GB", "ar-EG", "nonsense-and-more", ""):
        language = language_of(tag)
        assert language in LANGUAGES
        assert wording(tag).words is import_module("services.tickets.languages").WORDS[language]
