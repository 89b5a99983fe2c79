"""Which way text runs: levels and visual order by the Unicode bidirectional algorithm (UAX #9).

The rules are python-bidi's; here are only the way in (a level for each character, which its own
`get_display` does not give out) and rule L2 over runs instead of characters.
"""

import re
from collections.abc import Sequence
from typing import TypeVar
from unicodedata import bidirectional

from bidi import algorithm  # type: ignore[import-untyped]

_MAY_RUN_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)

# The rules know neither what Unicode has not assigned yet nor isolates, and raise at both.
_UNKNOWN = frozenset({"", "LRI", "RLI", "FSI", "PDI"})
_NEUTRAL = "?"

T = TypeVar("T")


def runs_right_to_left(text: str, otherwise: bool) -> bool:
    """The direction of the first strong character (rules P2 and P3); `otherwise` when there is none."""
    for character in text:
        kind = bidirectional(character)
        if kind in {"L", "R", "AL"}:
            return kind != "L"
    return otherwise


def levels(text: str, right_to_left: bool) -> Sequence[int]:
    """The embedding level of each character; odd ones run right to left."""
    base = int(right_to_left)
    if not right_to_left and not _MAY_RUN_RIGHT_TO_LEFT.search(text):
        return [0] * len(text)
    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = base, "LR"[base]
    known = "".join(_NEUTRAL if bidirectional(character) in _UNKNOWN else character for character in text)
    algorithm.get_embedding_levels(known, storage)
    for index, character in enumerate(storage["chars"]):
        character["index"] = index
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    resolved = {character["index"]: character["level"] for character in storage["chars"]}
    return _with_removed(resolved, len(text), base)


def visual_order(runs: Sequence[tuple[int, T]]) -> list[T]:
    """Rule L2: runs given with their level in reading order, returned from left to right."""
    order = list(runs)
    highest = max((level for level, _ in order), default=0)
    for threshold in range(highest, 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and order[end][0] >= threshold:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end + 1
    return [run for _, run in order]


def _with_removed(resolved: dict[int, int], length: int, base: int) -> list[int]:
    """Joiners and the like have no level of their own (rule X9): they go with what stands before them."""
    result: list[int] = []
    for index in range(length):
        result.append(resolved.get(index, result[-1] if result else base))
    return result
