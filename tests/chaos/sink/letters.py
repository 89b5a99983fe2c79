"""What the journal keeps of a mail."""

import hashlib
import re
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

# Two groups of five of Crockford's base 32, as confirmation numbers are written.
NUMBER = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b")


def told_of(content: bytes) -> dict[str, Any]:
    """Its Message-ID and subject, the confirmation numbers in its text, and the SHA-256 of each PDF it carries."""
    mail = message_from_bytes(content)
    parts = [part for part in mail.walk() if not part.is_multipart()]
    texts = [_payload(part) for part in parts if part.get_content_type() == "text/plain"]
    pdfs = [_payload(part) for part in parts if part.get_content_type() == "application/pdf"]
    return {
        "message_id": str(mail["Message-ID"]).strip(),
        "subject": str(make_header(decode_header(str(mail["Subject"])))),
        "numbers": sorted(set(NUMBER.findall(" ".join(text.decode(errors="replace") for text in texts)))),
        "pdfs": [hashlib.sha256(pdf).hexdigest() for pdf in pdfs],
    }


def _payload(part: Any) -> bytes:
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""
