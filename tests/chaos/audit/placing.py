"""What buyers were told about placing and cancelling, against the rows."""

from collections import defaultdict
from collections.abc import Iterator

from tests.chaos.audit.evidence import Evidence, Row
from tests.chaos.audit.findings import Finding
from tests.chaos.audit.history import Intent, Request, answers

# Refusals that are decided under the key: they hold for all that was sent under it before.
FINAL = frozenset({"sold-out", "not-on-sale", "price-changed", "limit-per-buyer", "invalid"})


def told_and_done(evidence: Evidence) -> Iterator[Finding]:
    """A 201 stands as told; one order a key; refused means not done; unknown is found out."""
    standing = evidence.by("orders", "buyer_email")
    places = evidence.by("places", "order_id")
    for email, intent in evidence.intents.items():
        rows = standing.get(email, [])
        yield from _stands_as_told(intent, rows, places)
        yield from _once(intent, rows)
        yield from _same_answer(intent)
        yield from _refused_is_not_done(intent, rows)
        yield from _found_out(intent)
    for email in standing.keys() - evidence.intents.keys():
        yield Finding("only what was asked for", "an order that nobody placed", email)


def _stands_as_told(intent: Intent, rows: list[Row], places: dict[object, list[Row]]) -> Iterator[Finding]:
    for number in {request.number for request in intent.accepted("place")}:
        row = next((row for row in rows if row["number"] == number), None)
        if row is None:
            yield Finding("a 201 is on disk", f"{number} was answered with 201 and is not there", intent.email)
        elif len(places[row["id"]]) != intent.quantity:
            found = len(places[row["id"]])
            yield Finding("a 201 is on disk", f"{number} has {found} tickets of {intent.quantity}", intent.email)
    for request in intent.accepted("cancel"):
        if any(row["number"] == request.number and row["status"] != "cancelled" for row in rows):
            yield Finding("a cancellation stands", f"{request.number} was answered as cancelled", intent.email)


def _once(intent: Intent, rows: list[Row]) -> Iterator[Finding]:
    most = 1 if intent.keyed else len(intent.about("place"))
    if len(rows) > most:
        numbers = ", ".join(row["number"] for row in rows)
        yield Finding("one key, one order", f"{len(rows)} orders: {numbers}", intent.email)


def _same_answer(intent: Intent) -> Iterator[Finding]:
    accepted = intent.accepted("place")
    if intent.keyed and len({request.sha256 for request in accepted}) > 1:
        yield Finding("the same answer again", f"{len(accepted)} answers to one key differ", intent.email)
    first = min((request.done_at for request in accepted), default=float("inf"))
    for request in intent.about("place"):
        if request.sent_at > first and request.slug in FINAL:
            yield Finding("the same answer again", f"{request.slug} after a 201", intent.email)


def _refused_is_not_done(intent: Intent, rows: list[Row]) -> Iterator[Finding]:
    """An order stands through a request that was accepted, or whose outcome was left open, and that came before it."""
    row = min(rows, key=lambda row: row["placed_at"], default=None)
    refused = [request for request in intent.about("place") if request.refused]
    if row is None or not refused:
        return
    placed_at = row["placed_at"].timestamp()
    makers = [one for one in intent.about("place") if one.may_have_done_it and one.sent_at <= placed_at]
    contradicted = [one for one in refused if not makers or (one.slug in FINAL and placed_at < one.done_at)]
    if contradicted:
        told = contradicted[0]
        what = f"{row['number']} stands, and was answered {told.status} {told.slug}"
        yield Finding("refused means not done", what, intent.email)


def _found_out(intent: Intent) -> Iterator[Finding]:
    for verb in ("place", "cancel"):
        requests = intent.about(verb)
        if requests and (verb == "cancel" or intent.keyed) and not any(_ends_it(request) for request in requests):
            last = requests[-1]
            what = f"{verb}: {len(requests)} requests, the last {last.status or 'unanswered'} {last.slug}"
            yield Finding("unknown is found out", what, intent.email)


def _ends_it(request: Request) -> bool:
    return request.accepted or (request.refused and (request.status or 500) < 500 and request.slug != "rate-limited")


def answers_are_problems(evidence: Evidence) -> Iterator[Finding]:
    """Whatever is refused says so as a problem, and none of it is a mistake of ours."""
    odd: dict[str, list[str]] = defaultdict(list)
    for intent, request in answers(evidence.intents.values()):
        if request.status and request.status >= 400 and (not request.slug or request.status == 500):
            odd[f"{request.verb} was answered {request.status} {request.slug or 'without a problem'}"].append(
                intent.email
            )
    for what, emails in odd.items():
        yield Finding("every answer is a problem or a success", f"{len(emails)} times: {what}", emails[0])


def stock(evidence: Evidence) -> Iterator[Finding]:
    """Sold is never over capacity, and what is not sold is on sale."""
    standing = {row["id"] for row in evidence.rows["orders"] if row["status"] != "cancelled"}
    sold: dict[object, int] = defaultdict(int)
    for place in evidence.rows["places"]:
        if place["order_id"] in standing and place["voided_at"] is None:
            sold[place["ticket_type_id"]] += 1
    for kind in evidence.rows["types"]:
        count, capacity, available = sold[kind["id"]], kind["capacity"], kind["available"]
        if count > capacity:
            yield Finding("a place is sold once", f"{kind['slug']}: {count} sold of {capacity}")
        if count + available != capacity:
            what = f"{kind['slug']}: {count} sold and {available} available of {capacity}"
            yield Finding("the books balance", what)
