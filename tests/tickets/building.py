"""Orders to draw and eyes to see them with."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pypdfium2  # type: ignore[import-untyped]
import zxingcpp
from PIL import Image

from services.tickets.codes import TicketSigner
from shared.messages import Buyer, EventDetails, Money, OrderLine, OrderPlaced, TicketToIssue, Venue

QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)

EVENT = UUID(int=7)
SIGNER = TicketSigner([b"1" * 32])


def an_order(
    *attendees: str,
    locale: str = "en",
    event: str = "Summer Night Concert",
    organiser: str = "Lakeside Concerts",
    venue: str = "Lakeside Pavilion",
    address: str = "1 Shore Road, 8001 Zürich",
    timezone: str = "Europe/Zurich",
    ticket_type: str = "General admission",
    price: Money = Money(4500, "EUR"),  # noqa: B008 - frozen
    number: str = "7K2MX-Q4P9D",
) -> OrderPlaced:
    """An order of one ticket for each attendee, each of them with a fixed id."""
    names = attendees or ("Ada Lovelace", "Charles Babbage")
    return OrderPlaced(
        number=number,
        event=EventDetails(
            id=str(EVENT),
            slug="summer-night",
            name=event,
            description="",
            venue=Venue(venue, address),
            starts_at=datetime(2027, 7, 17, 17, 30, tzinfo=UTC),
            ends_at=datetime(2027, 7, 17, 21, 0, tzinfo=UTC),
            timezone=timezone,
            organiser=organiser,
        ),
        buyer=Buyer(names[0], "ada@example.org"),
        locale=locale,
        lines=(OrderLine("general", ticket_type, len(names), price),),
        tickets=tuple(TicketToIssue(str(UUID(int=100 + n)), ticket_type, name, price) for n, name in enumerate(names)),
        total=Money(price.amount * len(names), price.currency),
        placed_at=datetime(2027, 5, 1, 12, 0, tzinfo=UTC),
    )


def codes_of(order: OrderPlaced) -> dict[str, str]:
    return {ticket.id: SIGNER.sign(UUID(ticket.id), EVENT) for ticket in order.tickets}


def texts(pdf: bytes) -> list[str]:
    """What each page says to whoever copies from it, on one line."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]


def pictures(pdf: bytes, dots_per_inch: int = 144) -> list[Image.Image]:
    """Each page as a printer would lay it down."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=dots_per_inch / 72).to_pil() for page in document]


def scanned(pictures: Sequence[Image.Image]) -> list[list[str]]:
    """The QR codes found on each picture."""
    return [[code.text for code in zxingcpp.read_barcodes(picture, formats=QR_CODES)] for picture in pictures]


def ink(picture: Image.Image, box: tuple[int, int, int, int]) -> int:
    """How many dark pixels there are inside left, top, right, bottom."""
    return sum(picture.convert("L").crop(box).histogram()[:128])


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.quantize(32).save(file, "PNG", optimize=True)
    return file.getvalue()
