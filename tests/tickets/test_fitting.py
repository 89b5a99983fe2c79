"""Whatever the text, it stays in its box."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.breaking import graphemes
from services.tickets.fitting import ELLIPSIS, Block, fit

WIDTH, HEIGHT = 168.0, 34.0


def fitted(text: str) -> Block:
    return fit(text, WIDTH, HEIGHT, 14, 6.5, bold=True)


def said(block: Block) -> str:
    return " ".join(line.text for line in block.lines)


def test_a_short_name_is_set_large_on_one_line() -> None:
    block = fitted("Ada Lovelace")
    assert (said(block), block.size) == ("Ada Lovelace", 14)


def test_a_longer_name_gets_smaller_before_it_gets_two_lines() -> None:
    block = fitted("Maximiliana von Hohenzollern")
    assert len(block.lines) == 1
    assert block.size < 14


def test_a_still_longer_name_gets_more_lines() -> None:
    block = fitted("Maximiliana Theodora von Hohenzollern-Sigmaringen")
    assert len(block.lines) == 2
    assert said(block).replace("- ", "-") == "Maximiliana Theodora von Hohenzollern-Sigmaringen"


def test_a_name_that_fits_at_no_size_ends_in_an_ellipsis() -> None:
    assert said(fitted("Maximiliana Theodora " * 40)).endswith(ELLIPSIS)


@pytest.mark.parametrize("text", ["W" * 200, "王" * 200, "น้ำ" * 80, "👩‍👩‍👧" * 40, "श्री" * 60, "", " ", "\x00"])
def test_words_without_a_break_stay_in_their_box(text: str) -> None:
    assert_inside(fitted(text))


@given(st.text(max_size=300))
def test_any_text_stays_in_its_box(text: str) -> None:
    assert_inside(fitted(text))


def test_a_cut_never_splits_what_a_reader_takes_for_one_character() -> None:
    assert list(graphemes("e\u0301🇩🇪🇫🇷👩‍👩‍👧👍🏽श्री")) == ["e\u0301", "🇩🇪", "🇫🇷", "👩‍👩‍👧", "👍🏽", "श्री"]


def assert_inside(block: Block) -> None:
    assert block.height <= HEIGHT or len(block.lines) == 1
    for line in block.lines:
        # One character may be wider than a box; it is clipped when drawn.
        assert line.width * block.size / 1000 <= WIDTH * 1.01 or len(list(graphemes(line.text))) <= 2
