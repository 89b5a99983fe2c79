"""QR codes as vectors: one path for the whole code, which prints sharp at any size."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import compress
from math import isqrt

from zxingcpp import BarcodeFormat, create_barcode

QUIET_MODULES = 4
"""The quiet zone that ISO/IEC 18004 section 9.1 asks for, in modules on every side."""

_LIGHT = b"\xff"


def path(text: str, x: float, y: float, size: float) -> str:
    """PDF operators that fill the code's dark modules in the current colour.

    `x`, `y` is the lower left corner and `size` the side in points of a square that includes the quiet
    zone. Error correction level M: a crease or a drop of rain may take 15 % of the code. One rectangle
    for each dark run of a row, all filled at once, so that no viewer shows seams between rows.
    """
    code = create_barcode(text, BarcodeFormat.QRCode, ec_level="M")
    image = bytes(code.to_image(scale=1, add_quiet_zones=False))  # type: ignore[call-overload]  # it is a buffer
    modules = isqrt(len(image))
    scale = size / (modules + 2 * QUIET_MODULES)
    quiet = QUIET_MODULES * scale
    placing = f"q\n{scale:.5f} 0 0 {scale:.5f} {x + quiet:.3f} {y + quiet:.3f} cm\n"
    return f"{placing}{_rectangles(image, modules)}f\nQ"


def _rectangles(image: bytes, modules: int) -> str:
    """A rectangle for each run of dark modules (zero bytes), put together from ready pieces: there are 440 of them."""
    # A light column and a light end, so that no run goes on in the next row and each one ends.
    rows = [image[start : start + modules] for start in range(0, len(image), modules)]
    edges = _edges(_LIGHT.join([*rows, _LIGHT]))
    corners, extents = _pieces(modules)
    return "".join([corners[start] + extents[end - start] for start, end in zip(edges, edges, strict=True)])


def _edges(line: bytes) -> Iterator[int]:
    """Where dark begins and ends, in turn: every byte of 0 or 255 that is not as the one before, in one operation."""
    bits = int.from_bytes(line)
    before = bits >> 8 | 0xFF << 8 * (len(line) - 1)
    return compress(range(len(line)), (bits ^ before).to_bytes(len(line)))


@lru_cache(2)
def _pieces(modules: int) -> tuple[list[str], list[str]]:
    """The beginning of a rectangle by its index, and the rest by its width."""
    stride = modules + 1
    corners = [f"{index % stride} {modules - 1 - index // stride} " for index in range(stride * modules)]
    return corners, [f"{width} 1 re\n" for width in range(stride)]
