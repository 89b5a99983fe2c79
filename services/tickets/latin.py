"""The Latin letters of both weights as finished fonts, compressed once for the process.

Most names need no other glyph, so most documents need no subset of their own. The set is what most of Europe's
languages in Latin script write names, dates and prices with: 275 glyphs, 22 KB for both weights. Every
document has both: a smaller subset for each would be 10 KB less to mail and twice the time to draw.
"""

from functools import cache

from services.tickets.embedding import FinishedFonts, FontLayer
from services.tickets.objects import SMALLEST, FinishedObjects, ObjectWriter
from services.tickets.shaping import shape
from services.tickets.typefaces import family

_PRINTABLE = tuple(map(chr, range(0x20, 0x7F)))
_PUNCTUATION = "–—‘’‚“”„…‹›«»¡¿·•×°№ªº"
_CURRENCIES = "£€¥"
_WESTERN = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿŒœŸẞ"
_FURTHER = "ĀāĂăĄąĆćČčĎďĐđĒēĖėĘęĚěĞğĢģĪīĮįİıĶķĹĺĻļĽľŁłŃńŅņŇňŌōŐőŔŕŘřŚśŞşŠšŢţŤťŪūŮůŰűŲųŹźŻżŽžȘșȚț"
_LIGATURES = ("ff", "fi", "fl", "ffi", "ffl")
_TEXTS = (*_PRINTABLE, *_PUNCTUATION, *_CURRENCIES, *_WESTERN, *_FURTHER, *_LIGATURES)


@cache
def latin() -> tuple[FinishedObjects, FinishedFonts]:
    """What every document begins with. Takes 30 ms, once."""
    layer = FontLayer(FinishedFonts())
    for bold in (False, True):
        for text in _TEXTS:
            for run in shape(text, bold).runs:
                if run.typeface is family(bold)[0]:
                    layer.place(run)
    objects = ObjectWriter()
    fonts = layer.add_to(objects, SMALLEST)
    return objects.finished(), fonts
