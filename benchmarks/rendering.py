"""What a ticket costs to draw, beside the plainest page reportlab can make: `python -m benchmarks.rendering`.

The page it is compared with has the same eleven strings in a built-in font, no shaping, no embedded
font and no QR code: what is above it is the price of looks, of any script and of the code. Every
ticket has names never seen before, so no cache answers for the drawing. Ratios travel between
machines, milliseconds do not.
"""

import io
import itertools
import time
from collections.abc import Callable

from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from services.tickets.rendering import render, warm_up
from shared.messages import OrderPlaced
from tests.tickets.building import an_order, codes_of

ROUNDS, PAGES_OF_MANY = 5, 20
_serial = itertools.count()


def main() -> None:
    warm_up()
    cases: dict[str, Callable[[], object]] = {
        "reportlab, built-in font, no code": _plain,
        "one Latin ticket": lambda: _draw(["Ada Lovelace"]),
        "one Arabic ticket": lambda: _draw(["عبد الرحمن الشريف"], locale="ar", event="مهرجان الصيف"),
        "one Japanese ticket": lambda: _draw(["山田 太郎"], locale="ja", event="東京国際音楽祭"),
        "one ticket of five scripts": lambda: _draw(["Mr علي with 王 and नमस्ते 😀 นิด"]),
        f"a page of {PAGES_OF_MANY}": lambda: _draw(["Ada Lovelace"] * PAGES_OF_MANY),
    }
    baseline = 0.0
    for name, draw in cases.items():
        milliseconds = _best(draw) / (PAGES_OF_MANY if "page of" in name else 1)
        baseline = baseline or milliseconds
        print(f"{name:36} {milliseconds:6.2f} ms  {milliseconds / baseline:5.1f} ×")


def _best(draw: Callable[[], object], jobs: int = 40) -> float:
    """Milliseconds a job, in the quickest of several rounds: the one least disturbed by others."""
    draw()
    return min(_round(draw, jobs) for _ in range(ROUNDS)) * 1000


def _round(draw: Callable[[], object], jobs: int) -> float:
    began = time.perf_counter()
    for _ in range(jobs):
        draw()
    return (time.perf_counter() - began) / jobs


def _draw(names: list[str], locale: str = "en", event: str = "Summer Night Concert") -> bytes:
    order = _fresh(names, locale, event)
    return render(order, {ticket.id: _CODE for ticket in order.tickets})


def _fresh(names: list[str], locale: str, event: str) -> OrderPlaced:
    return an_order(*(f"{name} {next(_serial)}" for name in names), locale=locale, event=event)


def _plain() -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pageCompression=1, invariant=1)
    canvas.setFont("Helvetica", 12)
    for row in range(11):
        canvas.drawString(70, 780 - 24 * row, f"Ada Lovelace {next(_serial)}")
    canvas.showPage()
    canvas.save()
    return file.getvalue()


_CODE = next(iter(codes_of(an_order("Ada Lovelace")).values()))


if __name__ == "__main__":
    main()
