"""QR codes as vectors: one path for the whole code, which prints sharp at any size."""

from math import isqrt

from zxingcpp import BarcodeFormat, create_barcode

QUIET_MODULES = 4
"""The quiet zone that ISO/IEC 18004 section 9.1 asks for, in modules on every side."""


def path(text: str, x: float, y: float, size: float) -> str:
    """PDF operators that fill the code's dark modules in the current colour.

    `x`, `y` is the lower left corner and `size` the side in points of a square that includes the quiet
    zone. Error correction level M: a crease or a drop of rain may take 15 % of the code. One rectangle
    for each dark run of a row, all filled at once, so that no viewer shows seams between rows.
    """
    code = create_barcode(text, BarcodeFormat.QRCode, ec_level="M")
    rows = bytes(code.to_image(scale=1, add_quiet_zones=False))  # type: ignore[call-overload]  # it is a buffer
    modules = isqrt(len(rows))
    scale = size / (modules + 2 * QUIET_MODULES)
    quiet = QUIET_MODULES * scale
    runs = [
        f"{start} {modules - 1 - row} {end - start} 1 re"
        for row in range(modules)
        for start, end in _dark_runs(rows[row * modules : (row + 1) * modules])
    ]
    placing = f"{scale:.5f} 0 0 {scale:.5f} {x + quiet:.3f} {y + quiet:.3f} cm"
    return "\n".join(["q", placing, *runs, "f", "Q"])


def _dark_runs(row: bytes) -> list[tuple[int, int]]:
    """Start and end of each run of dark modules; a dark module is a zero byte."""
    runs = []
    end = 0
    while (start := row.find(0, end)) != -1:
        light = row.find(255, start)
        end = light if light != -1 else len(row)
        runs.append((start, end))
    return runs
