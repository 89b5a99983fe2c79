"""Confirmation numbers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.numbers import ALPHABET, new_number, read_number

numbers = st.text(ALPHABET, min_size=10, max_size=10).map(lambda digits: f"{digits[:5]}-{digits[5:]}")


def test_a_number_is_two_groups_of_five_from_crockfords_alphabet() -> None:
    assert all(re.fullmatch(f"[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}", new_number()) for _ in range(1000))


def test_numbers_do_not_follow_each_other() -> None:
    drawn = [new_number() for _ in range(1000)]
    assert len(set(drawn)) == 1000
    assert drawn != sorted(drawn)


@given(numbers)
def test_a_number_is_read_back_however_it_is_typed(number: str) -> None:
    spoken = number.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert read_number(number) == read_number(number.replace("-", "")) == read_number(spoken) == number


@pytest.mark.parametrize("text", ["", "7K2MX", "7K2MX-Q4P9", "7K2MX-Q4P9DD", "7K2MX-Q4P9U", "7K2MX-Q4P9Ä", "\x00" * 10])
def test_what_can_be_no_number_is_none(text: str) -> None:
    assert read_number(text) is None
