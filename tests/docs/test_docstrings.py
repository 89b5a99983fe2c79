"""The examples in docstrings run, and give what they say."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITH_EXAMPLES = sorted(
    ".".join(source.relative_to(ROOT).with_suffix("").parts)
    for room in ("services", "shared", "boxoffice")
    for source in (ROOT / room).rglob("*.py")
    if re.search(r"^ *>>> ", source.read_text(), re.MULTILINE)
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    ran = doctest.testmod(import_module(name))
    assert (ran.failed, ran.attempted > 0) == (0, True)
