"""Random bytes for ids, fetched from the kernel a page at a time: the call costs more than all else about an id.

Not for keys and other secrets that last, which have no reason to lie about in memory before they are made.
"""

import os
from io import BytesIO

_PAGE = 4096

_page = BytesIO()


def random_bytes(count: int) -> bytes:
    """As good as `os.urandom`, and never given twice: not to another thread, not to a forked process."""
    # One call in C that nothing comes between.
    drawn = _page.read(count)
    return drawn if len(drawn) == count else _turn_the_page(count)


def _turn_the_page(count: int) -> bytes:
    global _page
    fresh = BytesIO(os.urandom(max(_PAGE, count)))
    drawn = fresh.read(count)
    _page = fresh
    return drawn


def _forget() -> None:
    global _page
    _page = BytesIO()


os.register_at_fork(after_in_child=_forget)
