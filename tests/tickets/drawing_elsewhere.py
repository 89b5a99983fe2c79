"""Draws orders in a process of its own: `python -m tests.tickets.drawing_elsewhere 2 0 1` prints a digest of each."""

import sys
from collections.abc import Sequence
from hashlib import sha256

from services.tickets.rendering import render
from services.tickets.worker import Design
from shared.messages import OrderPlaced
from tests.tickets.building import an_order, codes_of

ORDERS: Sequence[tuple[OrderPlaced, Design]] = (
    (an_order("Ada Lovelace", "Zoë Ångström"), "stub"),
    (an_order("Ada Lovelace", "Ελένη Παπαδοπούλου", number="7K2MX-Q4P9E"), "stub"),
    (an_order("Mr علي with 王 and नमस्ते 😀"), "banner"),
    (an_order("山田 太郎", locale="ja", event="東京国際音楽祭"), "stub"),
    (an_order("佐藤 花子", "Ada", locale="ja", event="東京国際音楽祭", number="7K2MX-Q4P9E"), "stub"),
    (an_order("عبد الرحمن", locale="ar", event="مهرجان الصيف"), "banner"),
    (an_order("Zoe\u0308 Nguye\u0302\u0303n", event="Größenwahn"), "stub"),
)


def digests(numbers: Sequence[int]) -> list[str]:
    """In the order in which they are drawn."""
    orders = [ORDERS[number] for number in numbers]
    return [sha256(render(order, codes_of(order), design)).hexdigest() for order, design in orders]


if __name__ == "__main__":
    print(*digests([int(argument) for argument in sys.argv[1:]]))
