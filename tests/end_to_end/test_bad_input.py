"""What goes wrong at the counter: the right problem with every fault named, or a right ticket. Never a 500."""

import json
from typing import Any

import pytest

from tests.end_to_end.buying import an_order, place
from tests.end_to_end.conftest import Shop
from tests.end_to_end.pdfs import pages_of

LINE = "/lines/0"
TOO_LONG = "x" * 400


def changed(**members: Any) -> dict[str, Any]:
    """A good order with some members replaced."""
    return an_order("Ada Lovelace") | members


def named(name: str) -> dict[str, Any]:
    return an_order(name)


def quantity(count: object) -> dict[str, Any]:
    return changed(lines=[{"ticket_type": "general", "quantity": count}])


NAME_POINTERS = {"/buyer/name", f"{LINE}/attendees/0/name"}
WRONG = {
    "quantity-0": (quantity(0), {f"{LINE}/quantity"}),
    "quantity-minus-1": (quantity(-1), {f"{LINE}/quantity"}),
    "quantity-billion": (quantity(10**9), {f"{LINE}/quantity"}),
    "quantity-too-big-for-any-column": (quantity(10**30), {f"{LINE}/quantity"}),
    "quantity-fraction": (quantity(1.5), {f"{LINE}/quantity"}),
    "quantity-text": (quantity("2"), {f"{LINE}/quantity"}),
    "quantity-true": (quantity(True), {f"{LINE}/quantity"}),
    "long-name": (named(TOO_LONG), NAME_POINTERS),
    "header-in-name": (named("Ada\r\nBcc: x@y"), NAME_POINTERS),
    "surrogate-in-name": (named("Ada \ud800"), NAME_POINTERS),
    "nul-in-name": (named("Ada\0"), NAME_POINTERS),
    "empty-name": (named("  "), NAME_POINTERS),
    "bad-email": (changed(buyer={"name": "Ada", "email": "ada at example"}), {"/buyer/email"}),
    "header-in-email": (changed(buyer={"name": "Ada", "email": "a@example.org\r\nBcc: x@y"}), {"/buyer/email"}),
    "surrogate-in-locale": (changed(locale="\udfff"), {"/locale"}),
    "no-lines": (changed(lines=[]), {"/lines"}),
    "unknown-type": (changed(lines=[{"ticket_type": "royal", "quantity": 1}]), {f"{LINE}/ticket_type"}),
    "unknown-field": (changed(coupon="FREE"), {"/coupon"}),
    "nothing": ({}, {"/event", "/buyer", "/lines"}),
    "all-at-once": (
        {"event": "europython-2027", "buyer": {"name": TOO_LONG, "email": "x"}, "lines": [{"quantity": 0}], "y": 1},
        {"/buyer/name", "/buyer/email", f"{LINE}/quantity", f"{LINE}/ticket_type", "/y"},
    ),
}
NO_ORDER = {
    "broken-json": (b'{"event": ', 400, "malformed"),
    "no-utf-8": (b'{"event": "\xff"}', 400, "malformed"),
    "no-object": (b"[1, 2]", 400, "malformed"),
    "nothing-at-all": (b"", 400, "malformed"),
    "nested-without-end": (b'{"event":' * 10_000, 413, "too-large"),
    "nested-deeply": (b"[" * 60_000, 400, "malformed"),
    "65-KiB": (json.dumps(changed(locale="e" * 65 * 1024)).encode(), 413, "too-large"),
}
NAMES = {
    "markup": "<b>Ada</b> & Sons",
    "emoji": "Ada 🎟️ Lovelace",
    "arabic": "ليلى العامري",
    "chinese": "王小明",
    "hebrew-and-digits": "דוד 12 (VIP)",
    "quotes": '"Ada\\" <ada@example.com>, x',
    "combining": "Zoë Nguyễn",
    "mail-encoded-word": "=?utf-8?q?Ada?=",
    "template": "{{ 7 * 7 }} ${x} %(y)s",
    "formula": "=1+1",
    "as-long-as-may-be": "Ada " * 49 + "Ada",
}
# Names whose letters stand in the page's text one by one, as they were typed.
PLAIN_ON_PAPER = ("markup", "quotes", "mail-encoded-word", "template", "formula")


@pytest.mark.parametrize("case", WRONG)
async def test_every_fault_is_named(shop: Shop, case: str) -> None:
    body, pointers = WRONG[case]
    status, problem = await post(shop, json.dumps(body).encode())
    assert (status, slug(problem)) == (422, "invalid"), problem
    assert {fault["pointer"] for fault in problem["errors"]} == pointers, problem
    assert all(fault["detail"] for fault in problem["errors"])


@pytest.mark.parametrize("case", NO_ORDER)
async def test_what_is_no_order_is_told_apart(shop: Shop, case: str) -> None:
    body, status, kind = NO_ORDER[case]
    got, problem = await post(shop, body)
    assert (got, slug(problem)) == (status, kind)


async def test_an_unknown_event_is_not_found(shop: Shop) -> None:
    status, problem = await post(shop, json.dumps(changed(event="no-such-event")).encode())
    assert (status, slug(problem)) == (404, "not-found")


async def test_another_content_type_is_refused(shop: Shop) -> None:
    status, problem = await post(shop, json.dumps(changed()).encode(), "text/plain")
    assert (status, slug(problem)) == (415, "unsupported-media-type")


@pytest.mark.parametrize("case", NAMES)
async def test_any_name_gets_a_right_mail_and_a_right_ticket(shop: Shop, case: str) -> None:
    name = NAMES[case]
    placed = await place(shop.http, named(name))
    mail = await shop.inbox.the_mail_to(placed.email)
    assert [(to["Name"], to["Address"]) for to in mail["To"]] == [(name, placed.email)]
    assert not mail.get("Bcc")
    assert "<b>Ada</b>" not in mail["HTML"]
    (page,) = pages_of(await shop.inbox.attachment(mail))
    assert placed.number in page.text
    assert page.code
    if case in PLAIN_ON_PAPER:
        assert name in " ".join(page.text.split())


async def post(shop: Shop, body: bytes, content_type: str = "application/json") -> tuple[int, dict[str, Any]]:
    async with shop.http.post("/v1/orders", data=body, headers={"Content-Type": content_type}) as response:
        assert response.content_type == "application/problem+json"
        return response.status, await response.json(content_type=None)


def slug(problem: dict[str, Any]) -> str:
    """What the problem's type ends in."""
    return str(problem["type"]).replace(":", "/").rpartition("/")[2]
