"""The code on the page is the one that the library would draw by itself."""

import random
from math import isqrt

import pytest
from zxingcpp import BarcodeFormat, create_barcode

from services.tickets.codes import LENGTH
from services.tickets.qr import path
from services.tickets.qr_masks import matrix

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TEXTS = [
    *("".join(random.Random(seed).choices(DIGITS, k=LENGTH)) for seed in range(200)),
    "1",
    "Zoë /-x" * 20,
    "7" * 300,
]


def by_the_library(text: str) -> list[str]:
    code = create_barcode(text, BarcodeFormat.QRCode, ec_level="M")
    image = bytes(code.to_image(scale=1, add_quiet_zones=False))  # type: ignore[call-overload]  # it is a buffer
    modules = isqrt(len(image))
    dark = "".join("01"[module == 0] for module in image)
    return [dark[start : start + modules] for start in range(0, len(dark), modules)]


def test_the_mask_is_the_one_that_the_library_finds_best() -> None:
    for text in TEXTS:
        code = matrix(text)
        bits = f"{code.bits:0{code.modules * code.stride}b}"
        rows = [bits[start : start + code.modules] for start in range(0, len(bits), code.stride)]
        assert rows == by_the_library(text)


@pytest.mark.parametrize("text", [TEXTS[0], "1", "7" * 300])
def test_the_rectangles_cover_the_dark_modules_and_no_other(text: str) -> None:
    rows = by_the_library(text)
    drawn = [["0"] * len(rows) for _ in rows]
    for x, y, width, height, operator in (line.split() for line in path(text, 0, 0, 100).splitlines()[2:-2]):
        assert (height, operator) == ("1", "re")
        drawn[len(rows) - 1 - int(y)][int(x) : int(x) + int(width)] = "1" * int(width)
    assert ["".join(row) for row in drawn] == rows
