"""The PDF as its holder and the gate see it."""

import io
from typing import Any, get_args
from uuid import UUID

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.tickets.codes import verify
from services.tickets.rendering import render
from services.tickets.worker import Design
from shared.messages import OrderPlaced
from shared.values.times import EARLIEST, LATEST
from tests.tickets.building import EVENT, SIGNER, an_order, codes_of, ink, pictures, scanned, texts
from tests.tickets.test_shaping import NAMES

A4_POINTS = (595.28, 841.89)
COPIED_EXACTLY = (
    "Latin",
    "Greek",
    "Cyrillic",
    "Arabic",
    "Hindi",
    "Tamil",
    "Khmer",
    "Chinese",
    "Korean",
    "emoji",
    "mixed",
)


DESIGNS: tuple[Design, ...] = get_args(Design)
every_design = pytest.mark.parametrize("design", DESIGNS)


def drawn(order: OrderPlaced, design: Design = "stub") -> bytes:
    return render(order, codes_of(order), design)


def test_an_order_of_two_has_two_a4_pages_that_name_both_holders() -> None:
    pdf = drawn(an_order("Ada Lovelace", "Charles Babbage"))
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    assert [(float(page.mediabox.width), float(page.mediabox.height)) for page in pages] == [A4_POINTS] * 2
    first, second = texts(pdf)
    assert "Ticket 1 of 2" in first
    assert "Ticket 2 of 2" in second
    assert "Charles Babbage" in second
    assert "Charles Babbage" not in first


@every_design
def test_a_page_says_all_that_a_guest_needs(design: Design) -> None:
    (page,) = texts(drawn(an_order("Ada Lovelace"), design))
    for words in (
        "Summer Night Concert",
        "Lakeside Concerts",
        "Lakeside Pavilion",
        "1 Shore Road, 8001 Zürich",
        "Saturday, July 17, 2027",
        "Central European Summer Time",
        "General admission",
        "€45.00",
        "7K2MX-Q4P9D",
    ):
        assert words in page


@every_design
def test_the_code_scans_from_paper_and_verifies(design: Design) -> None:
    order = an_order()
    found = scanned(pictures(drawn(order, design), dots_per_inch=100))
    codes = [verify(code, SIGNER.public_keys) for page in found for code in page]
    assert [(code.ticket, code.event) for code in codes] == [(UUID(ticket.id), EVENT) for ticket in order.tickets]


def test_the_same_order_gives_the_same_bytes() -> None:
    assert drawn(an_order(NAMES["mixed"])) == drawn(an_order(NAMES["mixed"]))


def test_another_order_gives_another_document_id() -> None:
    ids = {
        str(pypdf.PdfReader(io.BytesIO(drawn(an_order(number=number)))).trailer["/ID"])
        for number in ("7K2MX-Q4P9D", "7K2MX-Q4P9E")
    }
    assert len(ids) == 2


def test_the_document_tells_its_title_and_language() -> None:
    reader = pypdf.PdfReader(io.BytesIO(drawn(an_order(locale="de-CH", event="Nacht 音楽"))))
    assert reader.metadata is not None
    assert reader.metadata.title == "Nacht 音楽 – 7K2MX-Q4P9D"
    assert str(reader.root_object["/Lang"]) == "de-CH"


@pytest.mark.parametrize("script", COPIED_EXACTLY)
def test_a_name_copies_out_as_it_was_typed(script: str) -> None:
    (page,) = texts(drawn(an_order(NAMES[script])))
    assert NAMES[script].replace(" ", "") in page.replace(" ", "")


@every_design
@pytest.mark.parametrize(
    "name",
    [
        "W" * 200,
        "Maximiliana von Hohenzollern " * 7,
        "王" * 200,
        "عبد الرحمن " * 20,
        "Z\u0301\u0302" * 60,
        "😀" * 200,
    ],
)
def test_a_very_long_name_covers_nothing_else(name: str, design: Design) -> None:
    order = an_order(name, event=(name * 2)[:300], venue=name, address=name, organiser=name, ticket_type=name)
    picture = pictures(drawn(order, design))[0]
    assert scanned([picture]) == [[codes_of(order)[order.tickets[0].id]]]
    (page,) = texts(drawn(order, design))
    assert "7K2MX-Q4P9D" in page
    assert ink(picture, (0, 0, 70, 1684)) == 0
    assert ink(picture, (1121, 0, 1190, 1684)) <= 80  # the fold's dashes reach the edge


def test_markup_is_text() -> None:
    (page,) = texts(drawn(an_order("<b>Tom</b> & Jerry (ET) Tj \\")))
    assert "<b>Tom</b> & Jerry (ET) Tj \\" in page


@settings(max_examples=30)
@given(st.text(st.characters(), max_size=200), st.text(st.characters(), max_size=300))
def test_any_name_gives_a_pdf_that_opens(name: str, event: str) -> None:
    assert len(texts(drawn(an_order(name + "\ud800", event=event, organiser=name, venue=event)))) == 1


@every_design
@pytest.mark.parametrize("locale", ["en", "de", "fr", "es", "it", "ar", "ja"])
def test_every_language_scans(locale: str, design: Design) -> None:
    order = an_order("Ada", locale=locale)
    assert scanned(pictures(drawn(order, design))) == [list(codes_of(order).values())]


def test_the_designs_are_told_apart_at_a_glance() -> None:
    top = (80, 80, 1110, 280)
    stub, banner = (pictures(drawn(an_order(), design))[0] for design in ("stub", "banner"))
    assert ink(banner, top) > 3 * ink(stub, top)


def test_arabic_is_laid_out_from_right_to_left() -> None:
    left_half = (70, 300, 595, 660)
    english, arabic = (pictures(drawn(an_order("Ada", locale=locale)))[0] for locale in ("en", "ar"))
    # The code is the darkest thing on the page.
    assert ink(arabic, left_half) > 2 * ink(english, left_half)


@every_design
def test_a_ticket_stays_small_enough_to_mail(design: Design) -> None:
    assert len(drawn(an_order(), design)) < 40_000


def test_every_font_is_embedded() -> None:
    reader = pypdf.PdfReader(io.BytesIO(drawn(an_order(NAMES["mixed"]))))
    resources: Any = reader.pages[0]["/Resources"]
    fonts = [font.get_object() for font in resources["/Font"].values()]
    assert len(fonts) > 5
    assert all("/FontFile2" in font["/DescendantFonts"][0]["/FontDescriptor"] for font in fonts)


@every_design
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Mars/Base"])
def test_an_event_at_the_ends_of_the_calendar_is_drawn(zone: str, design: Design) -> None:
    """Such a one may be there from an older version: its orders must not end among the dead letters."""
    for start, end in ((EARLIEST, None), (LATEST, None), (EARLIEST, LATEST)):
        order = an_order("Ada Lovelace", timezone=zone)
        order = replace(order, event=replace(order.event, starts_at=start, ends_at=end))
        assert "Ada Lovelace" in texts(drawn(order, design))[0]
