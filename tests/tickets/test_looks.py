"""Tickets look as they did: beside pictures drawn in November 2026, before any part of a page was kept for the next.

A change of design draws them anew: `python -m tests.tickets.test_looks`, and look at what comes out.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from services.tickets.rendering import render
from services.tickets.worker import Design
from shared.messages import OrderPlaced
from tests.tickets.building import an_order, codes_of, pictures, png

FOLDER = Path(__file__).parent / "pictures"
MIXED = "Mr علي with 王 and नमस्ते 😀"
TICKETS: Mapping[str, tuple[OrderPlaced, Design]] = {
    "latin": (an_order("Ada Lovelace"), "stub"),
    "arabic": (an_order("عبد الرحمن", locale="ar", event="مهرجان الصيف"), "banner"),
    "japanese": (an_order("山田 太郎", locale="ja", event="東京国際音楽祭"), "stub"),
    "mixed": (an_order(MIXED, event=MIXED, venue=MIXED, ticket_type=MIXED), "banner"),
}


@pytest.mark.parametrize("name", TICKETS)
def test_a_ticket_looks_as_it_did(name: str) -> None:
    with Image.open(FOLDER / f"{name}.png") as before:
        difference = ImageChops.difference(before.convert("L"), drawn(name))
    # Another version of the rasteriser shades edges otherwise; a line of text that moved changes hundreds of pixels.
    assert sum(difference.histogram()[64:]) <= 20


def drawn(name: str) -> Image.Image:
    order, design = TICKETS[name]
    return pictures(render(order, codes_of(order), design), dots_per_inch=72)[0].convert("L")


if __name__ == "__main__":
    for name in TICKETS:
        (FOLDER / f"{name}.png").write_bytes(png(drawn(name)))
