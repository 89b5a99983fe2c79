"""Money as people read it: CLDR's form for the locale, in the currency's own minor unit."""

import re
from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency

# ISO 4217, table A.1, where the minor unit is not a hundredth.
_EXPONENTS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_HUNDREDTHS = 2

# CLDR parts a currency's code from the amount ("BHD 1.250"), Babel does not.
_LETTER_BEFORE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")


def minor_digits(currency: str) -> int:
    """How many digits the minor unit has: 2 for cents, 0 for yen."""
    return _EXPONENTS.get(currency, _HUNDREDTHS)


def in_words(amount: int, currency: str, locale: Locale) -> str:
    """`amount` is in minor units.

    >>> in_words(123450, "EUR", Locale("en")), in_words(8800, "JPY", Locale("ja"))
    ('€1,234.50', '￥8,800')
    """
    major = Decimal(amount).scaleb(-minor_digits(currency))
    text = str(format_currency(major, currency, locale=locale, decimal_quantization=False))
    return _LETTER_BEFORE_DIGIT.sub("\u00a0", text)
