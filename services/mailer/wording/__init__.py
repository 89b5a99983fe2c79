"""The words of our mails: a module an area, in it a dataclass of sentences and `WORDS` with one for each language.

A missing sentence is a type error, a missing language fails `tests/test_languages.py`. `{…}` is filled in.
"""
