"""Which of its eight masks a QR code gets: the one with the lowest penalty (ISO/IEC 18004, 7.8.3).

zxing-cpp makes the same choice, in seven times the time of all the rest of the code. Here a code is one whole number, a
bit a module, and every rule is a few operations on all modules at once.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import isqrt

from zxingcpp import BarcodeFormat, create_barcode

_MASKS = range(8)
# Beyond its edges a code is light as far as the rule of finder patterns looks.
_MARGIN = 4
# zxing-cpp draws dark as a zero byte and light as 255.
_TO_DIGITS = bytes.maketrans(b"\x00\xff", b"10")


@dataclass(frozen=True, slots=True)
class Matrix:
    """A code's modules as bits, dark ones set: the first row from the highest bit on, each followed by a margin."""

    bits: int
    modules: int

    @property
    def stride(self) -> int:
        return self.modules + _MARGIN


def matrix(text: str) -> Matrix:
    """The code for a text at error correction level M, in the smallest size that holds it."""
    plain = _drawn(text, mask=0)
    masked = [plain.bits ^ change for change in _changes(plain.modules)]
    return Matrix(min(masked, key=lambda bits: _penalty(bits, plain.modules)), plain.modules)


def _drawn(text: str, mask: int, **size: int) -> Matrix:
    code = create_barcode(text, BarcodeFormat.QRCode, ec_level="M", data_mask=mask, **size)
    image = bytes(code.to_image(scale=1, add_quiet_zones=False))  # type: ignore[call-overload]  # it is a buffer
    digits, modules = image.translate(_TO_DIGITS), isqrt(len(image))
    rows = [digits[start : start + modules] for start in range(0, len(digits), modules)]
    margin = b"0" * _MARGIN
    return Matrix(int(margin.join([*rows, b""]), 2), modules)


@lru_cache(8)
def _changes(modules: int) -> tuple[int, ...]:
    """What each mask changes beside the first, format bits included; the same for every text in this size."""
    samples = [_drawn("0", mask, version=(modules - 17) // 4).bits for mask in _MASKS]
    return tuple(samples[0] ^ sample for sample in samples)


def _penalty(bits: int, modules: int) -> int:
    stride = modules + _MARGIN
    light = _inside(modules) ^ bits
    share = abs(bits.bit_count() * 100 / modules**2 - 50)
    return (
        sum(_runs(colour, step) for colour in (bits, light) for step in (1, stride))
        + sum(_blocks(colour, stride) for colour in (bits, light))
        + _finders(bits, modules, 1)
        + _finders(bits, modules, stride)
        + 10 * int(share / 5)
    )


def _runs(colour: int, step: int) -> int:
    """3 for a run of five modules in one colour, and 1 for each further one."""
    two = colour & colour >> step
    five = two & two >> 2 * step & colour >> 4 * step
    return 3 * five.bit_count() - 2 * (five & five >> step).bit_count()


def _blocks(colour: int, stride: int) -> int:
    """3 for each 2 × 2 modules of one colour, overlapping or not."""
    two = colour & colour >> 1
    return 3 * (two & two >> stride).bit_count()


def _finders(dark: int, modules: int, step: int) -> int:
    """40 for each 1:1:3:1:1 as in a finder pattern, with four light modules before or after it."""
    margin = _MARGIN * (modules + _MARGIN)
    dark <<= margin
    light = _everything(modules) ^ dark
    two = light & light >> step
    four = two & two >> 2 * step
    middle = dark >> 2 * step & dark >> 3 * step & dark >> 4 * step
    found = dark & light >> step & middle & light >> 5 * step & dark >> 6 * step
    return 40 * (found & (four << 4 * step | four >> 7 * step)).bit_count()


@lru_cache(8)
def _inside(modules: int) -> int:
    """All modules of the code and none of the margins."""
    return int(("1" * modules + "0" * _MARGIN) * modules, 2)


@lru_cache(8)
def _everything(modules: int) -> int:
    """The code with a margin around it."""
    return (1 << (modules + _MARGIN) * (modules + 2 * _MARGIN)) - 1
