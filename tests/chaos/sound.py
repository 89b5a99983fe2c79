"""Evidence of a run in which all went well, for tests to spoil."""

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image

from tests.chaos.audit.evidence import Evidence, Taken
from tests.chaos.audit.history import Intent, Request
from tests.chaos.audit.trouble import Troubles

EMAIL, NUMBER = "buyer-1@example.org", "7K2MX-Q4P9D"
SENT_AT = 1_000_000.0


def sound(store: Path) -> Evidence:
    """One order of one ticket, answered, issued, mailed and reported."""
    pdf = a_pdf("code")
    (store / "one.pdf").write_bytes(pdf)
    digest = hashlib.sha256(pdf).hexdigest()
    order = an_order()
    return Evidence(
        intents={EMAIL: Intent(EMAIL, [a_request()])},
        taken=[Taken(SENT_AT + 2, EMAIL, "<1@example.org>", [NUMBER], [digest], SENT_AT + 2.1)],
        refused={},
        troubles=Troubles({}, {}, ()),
        rows={
            "orders": [order],
            "places": [{"id": 10, "order_id": 1, "ticket_type_id": 5, "voided_at": None}],
            "types": [{"id": 5, "slug": "plenty", "capacity": 3, "available": 2}],
            "documents": [{"number": NUMBER, "store_key": "one.pdf", "sha256": digest, "size": len(pdf)}],
            "mails": [a_mail_row()],
            **{name: [] for name in ("failures", "cancelled", "void", "owed")},
        },
        dead=[],
        store=store,
    )


def a_request(**changed: Any) -> Request:
    usual: dict[str, Any] = {
        "status": 201,
        "sha256": "same",
        "number": NUMBER,
        "sent_at": SENT_AT,
        "done_at": SENT_AT + 1,
    }
    return Request("place", keyed=True, quantity=1, **(usual | changed))


def an_order() -> dict[str, Any]:
    placed_at = datetime.fromtimestamp(SENT_AT + 0.5, UTC)
    told = {"tickets_status": "issued", "email_status": "sent", "mail_revision": 1, "placed_at": placed_at}
    return {"id": 1, "number": NUMBER, "buyer_email": EMAIL, "status": "confirmed", **told}


def a_mail_row(**changed: Any) -> dict[str, Any]:
    usual = {"template": "tickets", "number": NUMBER, "recipient": EMAIL, "revision": 1, "status": "sent"}
    return usual | {"reason": None, "due": True} | changed


def a_pdf(*codes: str) -> bytes:
    """A page with a code for each of these."""
    pages = []
    for code in codes:
        found = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode).to_image(scale=8)
        pages.append(Image.fromarray(found).convert("L"))
    content = io.BytesIO()
    pages[0].save(content, "PDF", save_all=True, append_images=pages[1:])
    return content.getvalue()
