"""An order's tickets as a PDF: A4, one page a ticket, the same bytes for the same order.

Pure: no clock, no randomness, no flag, no file but the vendored fonts. Takes data and never markup: whatever
stands in a name is drawn as text or not at all.
"""

from collections.abc import Mapping

from reportlab.pdfbase.pdfdoc import PDFString  # type: ignore[import-untyped]

from services.tickets.embedding import FontLayer
from services.tickets.frame import Frame, form, frame_of
from services.tickets.latin import latin
from services.tickets.layout import HEIGHT, WIDTH
from services.tickets.objects import QUICK, ObjectWriter, formatted, pdf_file, stream
from services.tickets.shaping import clean
from services.tickets.wording import wording
from services.tickets.worker import Design
from shared.messages import OrderPlaced

PRODUCER = "Boxoffice"


def render(order: OrderPlaced, codes: Mapping[str, str], design: Design = "stub") -> bytes:
    """Draw every ticket of the order, in its order; `codes` is the text of each ticket's QR code by ticket id.

    Raises `KeyError` for a ticket without a code.
    What it costs is in `docs/performance-fulfilment.md` (`benchmarks/rendering.py`).
    """
    frame = frame_of(order.event, order.locale, design)
    layer = FontLayer(frame.fonts)
    sheet = frame.sheet(layer)
    total = len(order.tickets)
    shared = sheet.order_marks(order)
    own = [sheet.own_marks(ticket, n, total, codes[ticket.id]) for n, ticket in enumerate(order.tickets, 1)]
    objects = ObjectWriter(frame.objects)
    pages = objects.reserve()
    fonts = layer.add_to(objects, QUICK).resources
    resources = objects.add(_resources(frame, objects.add(form(shared, fonts, QUICK)), fonts))
    numbers = [_add_page(objects, marks, pages, resources) for marks in own]
    kids = " ".join([f"{number} 0 R" for number in numbers])
    objects.add(f"<</Type/Pages/Count {total}/Kids[{kids}]>>".encode(), pages)
    info = objects.add(_info(order))
    return pdf_file(objects.finished(), frame.catalog, info)


def warm_up() -> None:
    """Load what the first ticket would otherwise wait for."""
    latin()
    wording("en")


def _resources(frame: Frame, order_form: int, fonts: int) -> bytes:
    forms = f"/Event {frame.event_form} 0 R/Order {order_form} 0 R/Entrance {frame.entrance_form} 0 R"
    return f"<</Font {fonts} 0 R/XObject<<{forms}>>>>".encode()


def _add_page(objects: ObjectWriter, marks: str, pages: int, resources: int) -> int:
    content = objects.add(stream(f"/Event Do /Order Do /Entrance Do\n{marks}".encode("ascii"), QUICK))
    size = f"/MediaBox[0 0 {WIDTH} {HEIGHT}]"
    page = f"<</Type/Page/Parent {pages} 0 R{size}/Contents {content} 0 R/Resources {resources} 0 R>>"
    return objects.add(page.encode())


def _info(order: OrderPlaced) -> bytes:
    title = _string(f"{clean(order.event.name)} – {order.number}")
    author, subject = _string(clean(order.event.organiser)), _string(order.number)
    made_with = _string(PRODUCER)
    entries = title, author, subject, made_with, made_with
    return b"<</Title %s/Author %s/Subject %s/Creator %s/Producer %s>>" % entries


def _string(text: str) -> bytes:
    return formatted(PDFString(text))
