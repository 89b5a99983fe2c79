"""Tickets as reportlab's manual draws them: a canvas, its built-in fonts, its own QR code widget, a page a ticket.

Needs reportlab alone. `python benchmarks/naive_ticket.py SECONDS` tells how many one core draws in a second.
"""

import io
import sys
import time
from collections.abc import Sequence

from reportlab.graphics import renderPDF  # type: ignore[import-untyped]
from reportlab.graphics.barcode.qr import QrCodeWidget  # type: ignore[import-untyped]
from reportlab.graphics.shapes import Drawing  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.units import mm  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

SIDE = 60 * mm
# As long as a signed code of ours.
CODE_DIGITS = 154


def draw_tickets(event: str, venue: str, starts: str, number: str, tickets: Sequence[tuple[str, str, str]]) -> bytes:
    """`tickets` are attendee, ticket type and code each."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    for attendee, kind, code in tickets:
        canvas.setFont("Helvetica-Bold", 24)
        canvas.drawString(20 * mm, 260 * mm, event)
        canvas.setFont("Helvetica", 14)
        for row, text in enumerate((venue, starts, kind, attendee, f"Order {number}")):
            canvas.drawString(20 * mm, (245 - 9 * row) * mm, text)
        drawing = Drawing(SIDE, SIDE)
        drawing.add(QrCodeWidget(code, barWidth=SIDE, barHeight=SIDE))
        renderPDF.draw(drawing, canvas, 20 * mm, 130 * mm)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def main(seconds: float) -> None:
    began, drawn = time.process_time(), 0
    while time.process_time() < began + seconds:
        code = f"{drawn:0{CODE_DIGITS}}"
        draw_tickets("Summer Night", "Lakeside", "17 July 2027", "7K2MX-Q4P9D", [("Ada Lovelace", "General", code)])
        drawn += 1
    print(drawn / (time.process_time() - began))


if __name__ == "__main__":
    main(float(sys.argv[1]))
