"""A PDF as its holder and the gate see it: the text of each page, and what its QR code says."""

from dataclasses import dataclass
from io import BytesIO

import pypdf
import pypdfium2  # type: ignore[import-untyped]
import zxingcpp

QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)

# About 200 dots an inch: what a phone's camera sees of a ticket held up to it.
SCALE = 200 / 72


@dataclass(frozen=True, slots=True)
class Page:
    """`code` is what the page's only QR code says."""

    text: str
    code: str


def pages_of(content: bytes) -> list[Page]:
    """Every page; raises when the file can't be opened or a page has not exactly one QR code."""
    texts = [page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages]
    document = pypdfium2.PdfDocument(content)
    try:
        images = [page.render(scale=SCALE).to_pil() for page in document]
    finally:
        document.close()
    return [Page(text, _only_code(image)) for text, image in zip(texts, images, strict=True)]


def _only_code(image: object) -> str:
    # A scanner at a gate looks for QR codes; letters may look like a bar code of another kind.
    (found,) = zxingcpp.read_barcodes(image, formats=QR_CODES)
    return str(found.text)
