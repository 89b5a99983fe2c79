"""The languages in which buyers are spoken to: by pages, mails and tickets alike.

A language is here once it has every sentence of every catalogue: `tests/test_languages.py` holds them to that.
"""

# By their own names, in the order in which the foot of a page lists them.
LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "ar": "العربية",
    "ja": "日本語",
}
FALLBACK = "en"
RIGHT_TO_LEFT = frozenset({"ar"})


def language_of(tag: str) -> str:
    """The language we have for a BCP 47 tag.

    >>> language_of("de-AT"), language_of("AR_eg"), language_of("tlh")
    ('de', 'ar', 'en')
    """
    language = tag.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else FALLBACK


def direction_of(language: str) -> str:
    """As HTML's `dir` has it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"
