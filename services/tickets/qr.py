"""QR codes as vectors: one path for the whole code, which prints sharp at any size."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import compress

from services.tickets.qr_masks import Matrix, matrix

QUIET_MODULES = 4
"""The quiet zone that ISO/IEC 18004 section 9.1 asks for, in modules on every side."""

_TO_TRUTH = bytes.maketrans(b"01", b"\x00\x01")


def path(text: str, x: float, y: float, size: float) -> str:
    """PDF operators that fill the code's dark modules in the current colour.

    `x`, `y` is the lower left corner and `size` the side in points of a square that includes the quiet
    zone. Error correction level M: a crease or a drop of rain may take 15 % of the code. One rectangle
    for each dark run of a row, all filled at once, so that no viewer shows seams between rows.
    """
    code = matrix(text)
    scale = size / (code.modules + 2 * QUIET_MODULES)
    quiet = QUIET_MODULES * scale
    placing = f"q\n{scale:.5f} 0 0 {scale:.5f} {x + quiet:.3f} {y + quiet:.3f} cm\n"
    return f"{placing}{_rectangles(code)}f\nQ"


def _rectangles(code: Matrix) -> str:
    """A rectangle for each run of dark modules, put together from ready pieces: there are 440 of them."""
    corners, extents = _pieces(code.modules, code.stride)
    edges = _edges(code.bits, code.modules * code.stride)
    return "".join([corners[start] + extents[end - start] for start, end in zip(edges, edges, strict=True)])


def _edges(bits: int, count: int) -> Iterator[int]:
    """Where dark runs begin and end, in turn, counted from the highest of `count` bits."""
    edges = f"{bits ^ bits >> 1:0{count}b}".encode()
    return compress(range(count), edges.translate(_TO_TRUTH))


@lru_cache(2)
def _pieces(modules: int, stride: int) -> tuple[list[str], list[str]]:
    """The beginning of a rectangle by its index, and the rest by its width."""
    corners = [f"{index % stride} {modules - 1 - index // stride} " for index in range(stride * modules)]
    return corners, [f"{width} 1 re\n" for width in range(modules + 1)]
