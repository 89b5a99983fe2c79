"""The auditor: what each rule finds in evidence that was spoilt, and nothing in what is sound."""

import ast
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from tests.chaos.audit import Evidence, judged
from tests.chaos.audit.history import Request, intents
from tests.chaos.audit.trouble import Troubles, troubles
from tests.chaos.sound import EMAIL, NUMBER, SENT_AT, a_mail_row, a_pdf, a_request, sound

AUDITOR = Path(__file__).parent / "audit"
Spoil = Callable[[Evidence], object]


def test_the_auditor_shares_no_code_with_the_product_or_with_the_rest_of_the_run() -> None:
    for module in AUDITOR.glob("*.py"):
        for name in imported(ast.parse(module.read_text())):
            ours = name.partition(".")[0] in ("boxoffice", "services", "shared", "tests", "benchmarks")
            assert not ours or name.startswith("tests.chaos.audit"), f"{module.name} imports {name}"


def imported(tree: ast.AST) -> list[str]:
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return names + [node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]


def test_nothing_is_found_where_all_went_well(tmp_path: Path) -> None:
    assert judged(sound(tmp_path)) == []


def order(evidence: Evidence, **changed: object) -> None:
    evidence.rows["orders"][0].update(changed)


def place(evidence: Evidence, **changed: object) -> None:
    evidence.intents[EMAIL].requests.append(a_request(**changed))


def only(evidence: Evidence, *requests: Request) -> None:
    evidence.intents[EMAIL].requests[:] = requests


def asked_again(evidence: Evidence, **first: object) -> None:
    """The first request was answered with this, the second with what an earlier one had been given."""
    only(evidence, a_request(**first), a_request(sent_at=SENT_AT + 0.1, done_at=SENT_AT + 4, replayed=True))


def mailed(evidence: Evidence, **changed: object) -> None:
    evidence.taken.append(replace(evidence.taken[0], **changed))  # type: ignore[arg-type]


SPOILT: dict[str, tuple[str, Spoil]] = {
    "no row": ("a 201 is on disk", lambda e: e.rows["orders"].clear()),
    "a ticket is missing": ("a 201 is on disk", lambda e: e.rows["places"].clear()),
    "two orders": ("one key, one order", lambda e: e.rows["orders"].append(e.rows["orders"][0] | {"id": 2})),
    "another answer": ("the same answer again", lambda e: place(e, sha256="other")),
    "sold out after the 201": (
        "the same answer again",
        lambda e: place(e, sent_at=SENT_AT + 2, status=409, slug="sold-out"),
    ),
    "an order nobody placed": ("only what was asked for", lambda e: e.intents.clear()),
    "busy, and done": ("refused means not done", lambda e: asked_again(e, status=503, slug="overloaded")),
    "busy, and done, and not asked again": (
        "refused means not done",
        lambda e: only(e, a_request(status=503, slug="overloaded")),
    ),
    "busy, and done before it was asked again": (
        "refused means not done",
        lambda e: only(e, a_request(status=503, slug="overloaded"), a_request(sent_at=SENT_AT + 2)),
    ),
    "busy, and still at it": (
        "refused means not done",
        lambda e: only(
            e,
            a_request(status=503, slug="overloaded"),
            a_request(sent_at=SENT_AT + 0.4, status=409, slug="idempotency-conflict"),
            a_request(sent_at=SENT_AT + 2, replayed=True),
        ),
    ),
    "sold out, and done": (
        "refused means not done",
        lambda e: only(e, a_request(status=None), a_request(sent_at=SENT_AT + 1, status=409, slug="sold-out")),
    ),
    "never found out": ("unknown is found out", lambda e: only(e, a_request(status=503, slug="outcome-unknown"))),
    "no problem": ("every answer is a problem or a success", lambda e: place(e, status=500, slug="")),
    "oversold": ("a place is sold once", lambda e: e.rows["types"][0].update(capacity=0, available=-1)),
    "unbalanced": ("the books balance", lambda e: e.rows["types"][0].update(available=3)),
    "lost before the tickets": ("fulfilled, or visibly waiting with a reason", lambda e: e.rows["documents"].clear()),
    "lost before the mail": ("fulfilled, or visibly waiting with a reason", lambda e: e.rows["mails"].clear()),
    "a report lost": ("fulfilled, or visibly waiting with a reason", lambda e: order(e, email_status="pending")),
    "a mail forgotten": (
        "fulfilled, or visibly waiting with a reason",
        lambda e: e.rows["mails"][0].update(status="pending", reason="451 later", due=True),
    ),
    "failed without a reason": (
        "fulfilled, or visibly waiting with a reason",
        lambda e: e.rows["mails"][0].update(status="failed"),
    ),
    "cancelled by half": ("fulfilled, or visibly waiting with a reason", lambda e: order(e, status="cancelled")),
    "a mail twice": ("no mail twice", lambda e: mailed(e, at=SENT_AT + 30)),
    "two mails": ("no mail twice", lambda e: mailed(e, message_id="<2@example.org>")),
    "a mail of no order": (
        "mails tell the truth",
        lambda e: mailed(e, numbers=["00000-00000"], recipient="b@example.org"),
    ),
    "another's mail": ("mails tell the truth", lambda e: mailed(e, recipient="b@example.org")),
    "another PDF": ("mails tell the truth", lambda e: mailed(e, pdfs=["other"])),
    "tickets after the cancellation": (
        "cancelled is the last word",
        lambda e: mailed(e, at=SENT_AT, message_id="<2@example.org>", pdfs=[]),
    ),
    "sent to nobody": ("sent means taken", lambda e: e.taken.clear()),
    "given up for nothing": (
        "a mail is given up on for cause",
        lambda e: e.rows["mails"][0].update(status="bounced", reason="553 sender rejected"),
    ),
    "tickets of no order": ("only what was committed is told", lambda e: e.rows["orders"].clear()),
    "no file": ("tickets are as they were issued", lambda e: e.rows["documents"][0].update(store_key="none.pdf")),
    "another file": ("tickets are as they were issued", lambda e: (e.store / "one.pdf").write_bytes(a_pdf("other"))),
    "a service ended": ("services go on", lambda e: setattr(e, "troubles", Troubles({}, {}, ["mailer ended"]))),
}


@pytest.mark.parametrize("what", SPOILT)
def test_each_broken_promise_is_found(what: str, tmp_path: Path) -> None:
    promise, spoil = SPOILT[what]
    evidence = sound(tmp_path)
    spoil(evidence)
    assert promise in {finding.promise for finding in judged(evidence)}


@pytest.mark.parametrize("codes", [("one", "two"), ("one", "one")], ids=["two pages", "one code twice"])
def test_a_pdf_has_a_page_and_a_code_of_its_own_for_every_ticket(codes: tuple[str, ...], tmp_path: Path) -> None:
    evidence = sound(tmp_path)
    tickets = 1 if codes == ("one", "two") else 2
    spoil_document(evidence, a_pdf(*codes))
    evidence.rows["places"] = [{**evidence.rows["places"][0], "id": number} for number in range(tickets)]
    assert "tickets are as they were issued" in {finding.promise for finding in judged(evidence)}


def spoil_document(evidence: Evidence, pdf: bytes) -> None:
    (evidence.store / "one.pdf").write_bytes(pdf)
    evidence.rows["documents"][0].update(sha256=sha256(pdf).hexdigest(), size=len(pdf))


EXCUSED: dict[str, Spoil] = {
    "the mail server never answered": lambda e: setattr(e.taken[0], "answered_at", None),
    "the line was cut": lambda e: e.troubles.spans.update({"smtp-line": [(SENT_AT + 2, SENT_AT + 9)]}),
    "the mailer was killed": lambda e: e.troubles.kills.update(mailer=[SENT_AT + 2.5]),
    "it was killed after a database that was away": lambda e: (
        e.troubles.spans.update(database=[(SENT_AT, SENT_AT + 25)]),
        e.troubles.kills.update(mailer=[SENT_AT + 26]),
    ),
}


@pytest.mark.parametrize("what", EXCUSED)
def test_a_mail_may_come_twice_where_its_sender_could_not_know(what: str, tmp_path: Path) -> None:
    evidence = sound(tmp_path)
    mailed(evidence, at=SENT_AT + 30)
    assert "no mail twice" in {finding.promise for finding in judged(evidence)}
    EXCUSED[what](evidence)
    assert judged(evidence) == []


def test_a_mailer_that_dies_long_after_the_answer_excuses_nothing(tmp_path: Path) -> None:
    evidence = sound(tmp_path)
    mailed(evidence, at=SENT_AT + 30)
    evidence.troubles.kills["mailer"] = [SENT_AT + 20]
    assert "no mail twice" in {finding.promise for finding in judged(evidence)}


STANDS_ASIDE: dict[str, Spoil] = {
    "a dead letter": lambda e: e.dead.append({"subject": NUMBER}),
    "a parked message": lambda e: e.rows["owed"].append({"subject": NUMBER, "failures": 1}),
    "a failure": lambda e: e.rows["failures"].append({"number": NUMBER, "reason": "it hangs"}),
}


@pytest.mark.parametrize("what", STANDS_ASIDE)
def test_an_order_may_wait_where_an_operator_sees_it(what: str, tmp_path: Path) -> None:
    evidence = sound(tmp_path)
    for name in ("documents", "mails"):
        evidence.rows[name].clear()
    evidence.taken.clear()
    assert judged(evidence)
    STANDS_ASIDE[what](evidence)
    assert judged(evidence) == []


def test_a_mail_may_wait_for_its_next_attempt_and_its_order_says_so(tmp_path: Path) -> None:
    evidence = sound(tmp_path)
    evidence.taken.clear()
    evidence.rows["mails"] = [a_mail_row(status="pending", reason="451 greylisted", due=False)]
    order(evidence, email_status="pending")
    assert judged(evidence) == []


def test_a_mail_that_was_asked_for_again_and_went_makes_the_one_before_unneeded(tmp_path: Path) -> None:
    evidence = sound(tmp_path)
    order(evidence, mail_revision=2)
    evidence.rows["mails"] = [a_mail_row(status="pending", reason="451 later"), a_mail_row(revision=2)]
    assert judged(evidence) == []
    evidence.rows["mails"].reverse()
    evidence.rows["mails"][0].update(status="pending", reason="451 later")
    assert "fulfilled, or visibly waiting with a reason" in {finding.promise for finding in judged(evidence)}


def test_an_answer_of_unknown_outcome_contradicts_nothing(tmp_path: Path) -> None:
    evidence = sound(tmp_path)
    asked_again(evidence, status=503, slug="outcome-unknown")
    assert judged(evidence) == []


def test_busy_after_a_lost_answer_contradicts_nothing_since_it_speaks_of_its_own_request(tmp_path: Path) -> None:
    evidence = sound(tmp_path)
    busy = a_request(status=503, slug="overloaded", sent_at=SENT_AT + 2, done_at=SENT_AT + 3)
    only(evidence, a_request(status=None), busy, a_request(sent_at=SENT_AT + 4, done_at=SENT_AT + 5))
    assert judged(evidence) == []


def test_an_order_that_was_refused_and_then_taken_contradicts_nothing(tmp_path: Path) -> None:
    evidence = sound(tmp_path)
    only(evidence, a_request(status=503, slug="overloaded"), a_request(sent_at=SENT_AT + 0.2))
    assert judged(evidence) == []


def test_journals_are_read_as_they_were_written() -> None:
    asked = {"kind": "asked", "intent": 1, "verb": "place", "keyed": True, "quantity": 2, "email": EMAIL}
    answered = {"kind": "answered", "status": 201, "slug": "", "sha256": "s", "number": NUMBER, "replayed": False}
    lines = [
        {"at": 1.0, "request": 1, **asked},
        {"at": 2.0, "request": 2, **asked},
        {"at": 3.0, "request": 1, "kind": "unanswered", "error": "reset"},
        {"at": 4.0, "request": 2, **answered},
    ]
    intent = intents(lines)[EMAIL]
    first, second = intent.about("place")
    assert (first.open, second.accepted, intent.number, intent.quantity) == (True, True, NUMBER, 2)
    assert (first.sent_at, first.done_at, second.done_at) == (1.0, 3.0, 4.0)


def test_a_fault_that_never_healed_lasts() -> None:
    begins = {"kind": "begins", "fault": "freeze-database", "touches": ["database"]}
    found = troubles([{"at": 1.0, **begins}, {"at": 2.0, "kind": "killed", "what": "mailer"}])
    assert found.touched("database", 1e9, 2e9)
    assert found.died_before_noting(0.5, 3.0)
    assert not found.died_before_noting(3.0, 4.0)
