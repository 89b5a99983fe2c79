"""The store against the rows: each PDF is there as recorded, with a page and a code of its own for every ticket."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import zxingcpp

from tests.chaos.audit.evidence import Evidence, Row
from tests.chaos.audit.findings import Finding

PROMISE = "tickets are as they were issued"
# Every file is hashed; so many are opened, and every page looked at as a scanner would.
OPENED = 40
SCALE = 2.0


def documents(evidence: Evidence) -> Iterator[Finding]:
    orders = {row["number"]: row for row in evidence.rows["orders"]}
    places = evidence.by("places", "order_id")
    rows: Sequence[Row] = evidence.rows["documents"]
    opened = {row["number"] for row in random.Random(0).sample(rows, k=min(OPENED, len(rows)))}
    for row in rows:
        order = orders.get(row["number"])
        if order is None:
            yield Finding("only what was committed is told", f"{row['number']} has tickets, and there is no such order")
            continue
        for what in _faults(row, evidence.store, len(places[order["id"]]), look=row["number"] in opened):
            yield Finding(PROMISE, f"{row['number']}: {what}", order["buyer_email"])


def _faults(row: Row, store: Path, tickets: int, *, look: bool) -> Iterator[str]:
    try:
        content = (store / row["store_key"]).read_bytes()
    except OSError as error:
        yield f"its PDF can't be read: {error.strerror}"
        return
    if hashlib.sha256(content).hexdigest() != row["sha256"] or len(content) != row["size"]:
        yield "its PDF is not the one that was recorded"
    elif look:
        yield from _looked_at(content, tickets)


def _looked_at(content: bytes, tickets: int) -> Iterator[str]:
    with pypdfium2.PdfDocument(content) as document:
        codes = {_code(page) for page in document}
        if len(document) != tickets:
            yield f"its PDF has {len(document)} pages for {tickets} tickets"
        elif len(codes) != tickets or "" in codes:
            yield f"its PDF has {len(codes)} codes for {tickets} tickets"


def _code(page: pypdfium2.PdfPage) -> str:
    """What a scanner reads on it."""
    found = zxingcpp.read_barcodes(page.render(scale=SCALE).to_pil())
    return found[0].text if len(found) == 1 else ""
