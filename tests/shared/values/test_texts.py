"""Names that nobody can see are none."""

import pytest

from shared.values import texts

INVISIBLE = [
    *("", " ", "\u200b", "\ufeff", "\u3164", "\u2800", "\u115f\u1160", "\uffa0", "\u00ad", "\u034f", "\u200d\ufe0f"),
    *("\u2060", "\u180e", "\U000e0061\U000e007f", "\U0001d159", "\u0301", "\u200e \u202f \u3164"),
]
VISIBLE = ["Ada", "李", "عبد", "ᄒ", "👩‍👩‍👧", "🎟️", "é", "e\u0301", "\u200bA", "3", "-", "\u0e01\u0e34"]


@pytest.mark.parametrize("text", INVISIBLE)
def test_a_name_of_nothing_that_can_be_seen_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="seen"):
        texts.name(text)
    assert texts.line(text) == ""


@pytest.mark.parametrize("text", VISIBLE)
def test_a_name_in_any_script_is_kept_as_it_is(text: str) -> None:
    assert texts.name(text) == texts.line(text) == text


@pytest.mark.parametrize("text", ["a\nb", "a\x00", "\ud800", "a\u2028b"])
def test_what_is_no_line_is_refused(text: str) -> None:
    for rule in (texts.name, texts.line, texts.printable):
        with pytest.raises(ValueError, match="line breaks"):
            rule(text)
