"""An order's tickets as a PDF: A4, one page a ticket, the same bytes for the same order.

Pure: no clock, no randomness, no flag, no file but the vendored fonts. Takes data and never markup: whatever
stands in a name is drawn as text or not at all.
"""

import zlib
from collections.abc import Mapping

from reportlab.pdfbase.pdfdoc import (  # type: ignore[import-untyped]
    PDFArray,
    PDFDictionary,
    PDFDocument,
    PDFName,
    PDFObjectReference,
    PDFPage,
    PDFStream,
)

from services.tickets.banner import BannerPage
from services.tickets.embedding import EmbeddedFonts
from services.tickets.layout import HEIGHT, WIDTH
from services.tickets.page import Page
from services.tickets.shaping import clean
from services.tickets.sheet import Sheet
from services.tickets.typefaces import family
from services.tickets.wording import wording
from services.tickets.worker import Design
from shared.messages import OrderPlaced

PRODUCER = "Boxoffice"
DESIGNS: Mapping[Design, type[Sheet]] = {"stub": Page, "banner": BannerPage}
_EVERYTHING = (0, 0, WIDTH, HEIGHT)


def render(order: OrderPlaced, codes: Mapping[str, str], design: Design = "stub") -> bytes:
    """Draw every ticket of the order, in its order; `codes` is the text of each ticket's QR code by ticket id.

    Raises `KeyError` for a ticket without a code.
    One Latin ticket takes 3 ms once the process is warm, other scripts 4 to 5 ms, a further page 0.9 ms
    (`benchmarks/rendering.py`).
    """
    words = wording(order.locale)
    document = PDFDocument(invariant=1, lang=words.tag, pdfVersion=(1, 7))
    _describe(document, order)
    fonts = EmbeddedFonts()
    page = DESIGNS[design](order, words, fonts)
    shared = page.shared_marks()
    own = [page.own_marks(ticket, n, codes[ticket.id]) for n, ticket in enumerate(order.tickets, 1)]
    resources = document.Reference(fonts.add_to(document))
    face = document.Reference(_form(shared, resources))
    for marks in own:
        _add_page(document, f"q /Shared Do Q\n{marks}", resources, face)
    return bytes(document.GetPDFData(None))


def warm_up() -> None:
    """Load what the first ticket would otherwise wait for."""
    for bold in (False, True):
        family(bold)[0].subsettable  # noqa: B018
    wording("en")


def _describe(document: PDFDocument, order: OrderPlaced) -> None:
    document.setTitle(f"{clean(order.event.name)} – {order.number}")
    document.setAuthor(clean(order.event.organiser))
    document.setSubject(order.number)
    document.setCreator(PRODUCER)
    document.setProducer(PRODUCER)
    document.Catalog.ViewerPreferences = PDFDictionary({"DisplayDocTitle": "true"})


def _form(marks: str, fonts: PDFObjectReference) -> PDFStream:
    form = _compressed(marks)
    form.dictionary.dict |= {
        "Type": PDFName("XObject"),
        "Subtype": PDFName("Form"),
        "BBox": PDFArray(_EVERYTHING),
        "Resources": PDFDictionary({"Font": fonts}),
    }
    return form


def _add_page(document: PDFDocument, marks: str, fonts: PDFObjectReference, shared: PDFObjectReference) -> None:
    page = PDFPage()
    page.MediaBox = PDFArray(_EVERYTHING)
    page.Contents = _compressed(marks)
    page.Resources = PDFDictionary({"Font": fonts, "XObject": PDFDictionary({"Shared": shared})})
    document.addPage(page)


def _compressed(marks: str) -> PDFStream:
    return PDFStream(PDFDictionary({"Filter": PDFName("FlateDecode")}), zlib.compress(marks.encode("ascii")))
