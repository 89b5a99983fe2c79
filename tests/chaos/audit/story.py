"""One buyer's whole story, from every journal and every table, for whoever looks into a finding."""

from collections.abc import Iterator
from datetime import UTC, datetime

from tests.chaos.audit.evidence import Evidence, Row

# What can be told of any moment.
TOLD_FAULTS = frozenset({"begins", "heals", "impossible", "killed", "ended"})


def story(evidence: Evidence, email: str) -> Iterator[str]:
    """In the order of time: what was asked and answered, and every fault from the first word to the last."""
    own = list(_own_lines(evidence, email))
    if own:
        first, last = min(at for at, _ in own), max(at for at, _ in own)
        own += [
            (line["at"], f"fault   {_words(line)}")
            for source, line in evidence.lines
            if source == "fault" and line["kind"] in TOLD_FAULTS and first - 1 <= line["at"] <= last + 1
        ]
    for at, words in sorted(own):
        yield f"{datetime.fromtimestamp(at, UTC):%H:%M:%S.%f}"[:-3] + f"  {words}"
    yield from _rows(evidence, email)


def _own_lines(evidence: Evidence, email: str) -> Iterator[tuple[float, str]]:
    intent = next((line["intent"] for _, line in evidence.lines if line.get("email") == email), None)
    requests = {line["request"] for _, line in evidence.lines if "intent" in line and line["intent"] == intent}
    serials = {line["serial"] for _, line in evidence.lines if line.get("recipient") == email and "serial" in line}
    for source, line in evidence.lines:
        if line.get("request") in requests or line.get("serial") in serials or line.get("recipient") == email:
            yield line["at"], f"{source:7} {_words(line)}"


def _words(line: Row) -> str:
    rest = " ".join(f"{name}={value}" for name, value in line.items() if name not in ("at", "kind") and value != "")
    return f"{line['kind']} {rest}"


def _rows(evidence: Evidence, email: str) -> Iterator[str]:
    orders = [row for row in evidence.rows["orders"] if row["buyer_email"] == email]
    for order in orders:
        yield f"orders.orders       {_shown(order)}"
        for table in ("documents", "failures", "cancelled", "mails"):
            for row in evidence.rows[table]:
                if row["number"] == order["number"]:
                    yield f"{table:19} {_shown(row)}"
        for row in (*evidence.rows["owed"], *evidence.dead):
            if row["subject"] == order["number"]:
                yield f"{'outbox/dead letter':19} {_shown(row)}"


def _shown(row: Row) -> str:
    return " ".join(f"{name}={value}" for name, value in row.items() if name not in ("lines", "body"))
