"""Header values as text, whatever was put into them."""

import re
from email.errors import MessageError
from email.header import decode_header

_SPACE = re.compile(r"\s+")


def decoded(value: str) -> str:
    """A header's text: encoded words decoded, raw bytes taken as UTF-8, line breaks gone."""
    if not value.isascii():
        value = value.encode("utf-8", "surrogateescape").decode(errors="replace")
    unfolded = _SPACE.sub(" ", value).strip()
    if "=?" not in unfolded:
        return unfolded
    try:
        return "".join(_word(content, charset) for content, charset in decode_header(unfolded))
    except (ValueError, MessageError):
        return unfolded


def _word(content: bytes | str, charset: str | None) -> str:
    if isinstance(content, str):
        return content
    try:
        return content.decode(charset or "utf-8", errors="replace")
    except LookupError:
        return content.decode(errors="replace")
