"""Indirect objects of a PDF, one after another, and the file they make (ISO 32000-1, 7.3.10 and 7.5).

Objects that many files begin with are written once, as `FinishedObjects`; each file copies those bytes
and goes on numbering after them. reportlab formats what is in an object (`formatted`), not the file: its
`PDFDocument` would format every object of every file again.
"""

import zlib
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate

from reportlab.pdfbase.pdfdoc import DummyDoc, PDFObject  # type: ignore[import-untyped]
from reportlab.pdfbase.pdfdoc import format as reportlab_format

# The comment's bytes above 127 tell a file transfer that this is no text (7.5.2).
_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"

Compression = tuple[int, int, int, int]
"""What zlib wants to know: level, method, window bits, memory level."""

SMALLEST: Compression = (9, zlib.DEFLATED, 15, 9)
"""For what is compressed once and copied often."""

QUICK: Compression = (4, zlib.DEFLATED, 12, 5)
"""For what is compressed for one order: half of the time of zlib's own choice for a tenth more bytes, and a window of
4 KB, as long as most streams, that is set up in 3 µs instead of 50."""


@dataclass(frozen=True, slots=True)
class FinishedObjects:
    """Objects 1 to `count` as a file begins with them, its header included: `length` bytes in all.

    `rows` are their lines in the cross-reference table; `digest` is 16 bytes of BLAKE2b over them.
    """

    parts: tuple[bytes, ...] = (_HEADER,)
    length: int = len(_HEADER)
    rows: bytes = b""
    count: int = 0
    digest: bytes = b""


NO_OBJECTS = FinishedObjects()


class ObjectWriter:
    """Numbers objects, starting after those that are finished."""

    def __init__(self, after: FinishedObjects = NO_OBJECTS) -> None:
        self._after = after
        self._bodies: list[bytes] = []

    def reserve(self) -> int:
        """A number for an object that others refer to before it can be written: give it to `add`."""
        self._bodies.append(b"")
        return self._after.count + len(self._bodies)

    def add(self, body: bytes, number: int | None = None) -> int:
        """Take what stands between `obj` and `endobj`; gives the object's number."""
        number = number or self.reserve()
        self._bodies[number - self._after.count - 1] = body
        return number

    def finished(self) -> FinishedObjects:
        after = self._after
        objects = [
            b"%d 0 obj\n%s\nendobj\n" % (number, body) for number, body in enumerate(self._bodies, after.count + 1)
        ]
        *starts, length = accumulate(map(len, objects), initial=after.length)
        part = b"".join(objects)
        return FinishedObjects(
            parts=(*after.parts, part),
            length=length,
            rows=after.rows + b"".join([b"%010d 00000 n \n" % start for start in starts]),
            count=after.count + len(objects),
            digest=blake2b(after.digest + part, digest_size=16).digest(),
        )


def pdf_file(objects: FinishedObjects, root: int, info: int) -> bytes:
    """A whole PDF, named by a digest of what is in it (ISO 32000-1, 14.4)."""
    size, name = objects.count + 1, objects.digest.hex().encode()
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, objects.rows)
    trailer = b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]>>\n" % (size, root, info, name, name)
    return b"".join([*objects.parts, table, trailer, b"startxref\n%d\n%%%%EOF\n" % objects.length])


def formatted(content: PDFObject) -> bytes:
    """An object's body as reportlab writes it; references in it are texts such as `7 0 R`."""
    return bytes(reportlab_format(content, DummyDoc(), toplevel=1))


def stream(content: bytes, compression: Compression, entries: bytes = b"") -> bytes:
    """A compressed stream with these further entries in its dictionary."""
    compressor = zlib.compressobj(*compression)
    data = compressor.compress(content) + compressor.flush()
    return b"<</Filter/FlateDecode/Length %d%s>>stream\n%s\nendstream" % (len(data), entries, data)
