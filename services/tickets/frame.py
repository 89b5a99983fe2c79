"""What is the same on every ticket of an event in one language and design, as finished objects.

Two forms, the fonts that they need beyond the Latin letters, and the document's catalog. Drawing them takes
several times as long as the rest of an order, so the last `KEPT` frames are kept. What is kept is only ever a
function of the key, so a document's bytes don't depend on what was drawn before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

from msgspec.structs import replace
from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFName, PDFString  # type: ignore[import-untyped]

from services.tickets import typesetting
from services.tickets.banner import BannerPage
from services.tickets.embedding import FinishedFonts, FontLayer, NotEmbedded
from services.tickets.latin import latin
from services.tickets.layout import HEIGHT, WIDTH, Box, Style
from services.tickets.objects import SMALLEST, Compression, FinishedObjects, ObjectWriter, formatted, stream
from services.tickets.page import Page
from services.tickets.shaping import clean, shape
from services.tickets.sheet import KnownText, Sheet
from services.tickets.wording import Wording, wording
from services.tickets.worker import Design
from shared.messages import EventDetails

DESIGNS: Mapping[Design, type[Sheet]] = {"stub": Page, "banner": BannerPage}
EVERYTHING = (0, 0, WIDTH, HEIGHT)

KEPT = 64
"""Frames: 10 KB each in Latin script, at most 200 KB where a hostile organiser uses a thousand ideographs."""
_KEPT_TEXTS = 128


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """`event_form`, `entrance_form` and `catalog` are numbers of objects. The page tree has the number after the
    catalog's, the last: it is what a document writes first."""

    event: EventDetails
    wording: Wording
    design: type[Sheet]
    objects: FinishedObjects
    fonts: FinishedFonts
    known_text: KnownText
    event_form: int
    entrance_form: int
    catalog: int

    def sheet(self, fonts: FontLayer) -> Sheet:
        """To draw on what is above the frame."""
        return self.design(self.event, self.wording, fonts, self.known_text)


def frame_of(event: EventDetails, locale: str, design: Design) -> Frame:
    """Raises `ZoneInfoNotFoundError` for an unknown time zone."""
    shown = replace(event, id="", slug="", description="")
    return _frame(shown, wording(locale).tag, design)


def form(marks: str, fonts: int, compression: Compression) -> bytes:
    """Marks that pages show by name (ISO 32000-1, 8.10)."""
    box = " ".join(map(str, EVERYTHING))
    entries = f"/Type/XObject/Subtype/Form/BBox[{box}]/Resources<</Font {fonts} 0 R>>"
    return stream(marks.encode("ascii"), compression, entries.encode())


@lru_cache(KEPT)
def _frame(event: EventDetails, tag: str, design: Design) -> Frame:
    words, (letters, latin_fonts) = wording(tag), latin()
    layer = FontLayer(latin_fonts)
    sheet = DESIGNS[design](event, words, layer)
    parts = sheet.event_marks(), sheet.entrance_marks()
    for label, bold in sheet.labels():
        for run in shape(clean(label), bold, words.right_to_left).runs:
            layer.place(run)
    objects = ObjectWriter(letters)
    fonts = layer.add_to(objects, SMALLEST)
    event_form, entrance_form = (objects.add(form(marks, fonts.resources, SMALLEST)) for marks in parts)
    catalog = objects.reserve()
    objects.add(formatted(_catalog(catalog + 1, words.tag)), catalog)
    return Frame(
        event=event,
        wording=words,
        design=DESIGNS[design],
        objects=objects.finished(),
        fonts=fonts,
        known_text=lru_cache(_KEPT_TEXTS)(partial(_known_text, fonts, words.right_to_left)),
        event_form=event_form,
        entrance_form=entrance_form,
        catalog=catalog,
    )


def _known_text(fonts: FinishedFonts, mirrored: bool, box: Box, words: str, style: Style) -> str | None:
    try:
        return typesetting.text(box, words, style, mirrored, fonts)
    except NotEmbedded:
        return None


def _catalog(pages: int, tag: str) -> PDFDictionary:
    return PDFDictionary(
        {
            "Type": PDFName("Catalog"),
            "Pages": f"{pages} 0 R",
            "PageMode": PDFName("UseNone"),
            "Lang": PDFString(tag),
            "ViewerPreferences": PDFDictionary({"DisplayDocTitle": "true"}),
        }
    )
