"""Confirmation numbers: what a buyer reads out on the telephone.

Two groups of five characters of Crockford's base 32 (https://www.crockford.com/base32.html): 50
random bits, so a guess hits one of ten million orders once in a hundred million tries.
"""

from shared.randomness import random_bytes

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUP = 5

# Two characters at a time.
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})


def new_number() -> str:
    """A fresh number, like `7K2MX-Q4P9D`; never sequential."""
    bits = int.from_bytes(random_bytes(7))
    digits = "".join([_PAIRS[bits >> place & 1023] for place in (0, 10, 20, 30, 40)])
    return f"{digits[:GROUP]}-{digits[GROUP:]}"


def read_number(text: str) -> str | None:
    """The number a person meant: any case, with or without the dash, I and L as 1, O as 0.

    None when it can't be one.
    """
    digits = text.strip().upper().replace("-", "").replace(" ", "").translate(_READ_AS)
    if len(digits) != 2 * GROUP or any(digit not in ALPHABET for digit in digits):
        return None
    return f"{digits[:GROUP]}-{digits[GROUP:]}"
