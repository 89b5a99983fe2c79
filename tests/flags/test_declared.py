"""The list of flags is the code's."""

import re
from pathlib import Path

import pytest

from shared.flags import declared
from shared.flags.changing import NAME
from shared.flags.declared import DECLARED, Flag

ROOT = Path(__file__).parents[2]
CONSTANTS = {name: flag for name, flag in vars(declared).items() if isinstance(flag, Flag)}


@pytest.mark.parametrize("constant", sorted(CONSTANTS))
def test_a_declared_flag_is_read_by_its_owner(constant: str) -> None:
    flag = CONSTANTS[constant]
    sources = (ROOT / "services" / flag.owner).rglob("*.py")
    assert any(re.search(rf"\b(on|verdict)\(\s*{constant}\b", source.read_text()) for source in sources)


def test_every_declared_flag_is_listed_under_its_name_and_told_in_the_docs() -> None:
    assert list(DECLARED.values()) == list(CONSTANTS.values())
    document = (ROOT / "docs" / "flags.md").read_text()
    for name, flag in DECLARED.items():
        assert NAME.fullmatch(name)
        assert f"`{name}`" in document
        assert flag.description.endswith(".")


def test_nothing_asks_for_a_flag_by_a_name_of_its_own() -> None:
    """`list` could not tell who reads it."""
    for source in [*(ROOT / "services").rglob("*.py"), *(ROOT / "boxoffice").rglob("*.py")]:
        assert not re.search(r"get_(boolean|string|integer|float|object)_(value|details)", source.read_text()), source
