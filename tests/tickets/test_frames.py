"""What is kept of an event changes no byte of a document and fills no memory."""

import asyncio
import gc
import io
import random
import re
import sys
import tracemalloc
from typing import Any

import pypdf
import pytest

from services.tickets import frame
from services.tickets.rendering import render
from services.tickets.worker import Design
from shared.messages import OrderPlaced
from tests.tickets.building import an_order, codes_of, texts
from tests.tickets.drawing_elsewhere import ORDERS, digests
from tests.tickets.test_rendering import drawn, every_design


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_was_drawn_before_changes_no_byte(seed: int) -> None:
    numbers = list(range(len(ORDERS)))
    random.Random(seed).shuffle(numbers)
    command = (sys.executable, "-m", "tests.tickets.drawing_elsewhere", *map(str, numbers))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert output.decode().split() == [digests([number])[0] for number in numbers]


def test_an_event_that_was_forgotten_is_drawn_alike() -> None:
    before = digests([0])
    for number in range(frame.KEPT + 1):
        drawn(an_order("Ada", event=f"Concert {number}"))
    assert digests([0]) == before


def test_any_number_of_events_takes_only_so_much_memory() -> None:
    def draw_many(first: int) -> None:
        for number in range(first, first + frame.KEPT):
            drawn(an_order("Ada", event=_ideographs(number), venue="Pavilion"))

    draw_many(0)
    tracemalloc.start()
    try:
        draw_many(frame.KEPT)
        replaced = _traced()
        draw_many(2 * frame.KEPT)
        assert _traced() < 1.5 * replaced
    finally:
        tracemalloc.stop()


@every_design
def test_a_ticket_tells_of_its_own_event(design: Design) -> None:
    """Both have the same id, as an event has that was moved between two orders."""
    for venue in ("Lakeside Pavilion", "Old Town Hall"):
        (page,) = texts(drawn(an_order("Ada", venue=venue), design))
        assert venue in page
    (page,) = texts(drawn(an_order("Ada", locale="de"), design))
    assert "Samstag, 17. Juli 2027" in page


def test_a_latin_order_has_the_two_fonts_that_all_have() -> None:
    for names, fonts in ((["Ada", "Zoë Łukasiewicz ffi"], 2), (["Ada", "Ελένη"], 3)):
        resources: Any = pypdf.PdfReader(io.BytesIO(drawn(an_order(*names)))).pages[1]["/Resources"]
        assert len(resources["/Font"]) == fonts


@pytest.mark.parametrize(("order", "design"), ORDERS)
def test_every_object_is_where_the_table_says(order: OrderPlaced, design: Design) -> None:
    pdf = render(order, codes_of(order), design)
    table = int(pdf.rsplit(b"startxref\n", 1)[1].split()[0])
    _, counts, free, *rows = pdf[table:].split(b"trailer")[0].split(b"\n")[:-1]
    assert (counts, free) == (b"0 %d" % (len(rows) + 1), b"0000000000 65535 f ")
    for number, row in enumerate(rows, 1):
        assert pdf[int(row[:10]) :].startswith(b"%d 0 obj\n" % number)
    lengths = [(int(found[1]), found.end()) for found in re.finditer(rb"/Length (\d+)[^>]*>>\s?stream\n", pdf)]
    assert len(lengths) >= 8
    for length, start in lengths:
        assert pdf[start + length :].lstrip().startswith(b"endstream")
    assert len(pypdf.PdfReader(io.BytesIO(pdf), strict=True).pages) == len(order.tickets)


def _ideographs(seed: int) -> str:
    """Forty that hardly another event has."""
    return "".join(map(chr, random.Random(seed).choices(range(0x4E00, 0x9F00), k=40)))


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
