"""What an order's tickets cost to draw, beside reportlab's own plain way: `python -m benchmarks.rendering`.

The unit is a naive order of two tickets: a `Canvas`, its QR widget, twelve strings a page in a built-in font; no
shaping, no embedded font. With embedded fonts the same costs more, and is shown too. All cases take turns in
each round, in time of this process, so a busy machine slows all of them alike. Ratios travel between machines,
milliseconds do not. Every ticket has names and every order a number never seen before; the
event is the same throughout where it doesn't say "new event".
"""

import io
import itertools
import time
from collections.abc import Callable, Mapping
from statistics import median

from reportlab.graphics import renderPDF  # type: ignore[import-untyped]
from reportlab.graphics.barcode.qr import QrCodeWidget  # type: ignore[import-untyped]
from reportlab.graphics.shapes import Drawing  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from services.tickets.rendering import render, warm_up
from services.tickets.typefaces import FOLDER
from tests.tickets.building import an_order, codes_of

ROUNDS, MANY = 15, 22
TEN_SCRIPTS = ("Zoë علي שרה नेहा นิด", "王芳 김민수 নীলা ნინო தமிழ்")
EMBEDDED = "NotoSans"

Case = Callable[[], bytes]
_serial = itertools.count()
_codes = codes_of(an_order(*["Ada"] * MANY))


def main() -> None:
    warm_up()
    pdfmetrics.registerFont(TTFont(EMBEDDED, str(FOLDER / "NotoSans-Regular.ttf")))
    cases: dict[str, Case] = {
        "naive, two tickets, built-in font": lambda: _naive("Helvetica"),
        "naive, two tickets, embedded font": lambda: _naive(EMBEDDED),
        "two Latin tickets": lambda: _draw("Ada Lovelace", "Zoë Ångström"),
        "two Latin tickets, new event": lambda: _draw("Ada Lovelace", "Zoë Ångström", event=f"Concert {next(_serial)}"),
        f"{MANY} Latin tickets": lambda: _draw(*["Ada Lovelace"] * MANY),
        "two tickets, ten scripts": lambda: _draw(*TEN_SCRIPTS),
        "two tickets, ten scripts, new event": lambda: _draw(*TEN_SCRIPTS, event=f"Concert {next(_serial)}"),
        "ten tickets, a script each": lambda: _draw(*" ".join(TEN_SCRIPTS).split()),
        "two Arabic tickets": lambda: _draw("عبد الرحمن", "مريم", locale="ar", event="مهرجان الصيف"),
        "two Japanese tickets": lambda: _draw("山田 太郎", "佐藤 花子", locale="ja", event="東京国際音楽祭"),
    }
    _print(_measured(cases), {name: float(len(case())) for name, case in cases.items()})


def _measured(cases: Mapping[str, Case]) -> dict[str, list[float]]:
    """Milliseconds a job in each round, by case."""
    rounds: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(ROUNDS + 1):
        for name, case in cases.items():
            took = _milliseconds(case, jobs=2 if "naive" in name else 10)
            if number:  # the first one is to warm up
                rounds[name].append(took)
    return rounds


def _milliseconds(case: Case, jobs: int) -> float:
    began = time.process_time()
    for _ in range(jobs):
        case()
    return (time.process_time() - began) / jobs * 1000


def _print(rounds: Mapping[str, list[float]], sizes: dict[str, float]) -> None:
    best = {name: min(times) for name, times in rounds.items()}
    middle = {name: median(times) for name, times in rounds.items()}
    several = f"{MANY} Latin tickets"
    for of in (best, middle, sizes):
        of["each further Latin page"] = (of[several] - of["two Latin tickets"]) / (MANY - 2)
    unit, middle_unit = next(iter(best.values())), next(iter(middle.values()))
    print(f"{'':38}{'best':>9}{'ratio':>8}{'median':>10}{'ratio':>8}{'bytes':>9}")
    for name, took in best.items():
        ratios = f"{took:6.2f} ms{took / unit:8.3f}{middle[name]:7.2f} ms{middle[name] / middle_unit:8.3f}"
        print(f"{name:38}{ratios}{sizes[name]:9.0f}")


def _draw(*names: str, locale: str = "en", event: str = "Summer Night Concert") -> bytes:
    serial = next(_serial)
    named = (f"{name} {serial}" for name in names)
    return render(an_order(*named, locale=locale, event=event, number=f"7K2MX-{serial:05}"), _codes)


def _naive(font: str) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pageCompression=1)
    for _ in range(2):
        canvas.setFont(font, 12)
        for row in range(12):
            canvas.drawString(60, 700 - 18 * row, f"Ada Lovelace {next(_serial)}")
        drawing = Drawing(160, 160)
        drawing.add(QrCodeWidget(_codes[next(iter(_codes))], barWidth=160, barHeight=160))
        renderPDF.draw(drawing, canvas, 380, 600)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


if __name__ == "__main__":
    main()
