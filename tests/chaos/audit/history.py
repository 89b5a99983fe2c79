"""What clients sent and were told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Line = dict[str, Any]

# Answers that leave it open whether it was done.
CONFLICT = "idempotency-conflict"
OPEN = frozenset({"outcome-unknown", "internal", CONFLICT})


@dataclass(slots=True)
class Request:
    """One request. `status` is None where no answer came; `done_at` is when it was there, or given up.

    `replayed`: the answer says that it was given before, so that another request did it.
    """

    verb: str
    keyed: bool
    sent_at: float
    quantity: int
    status: int | None = None
    slug: str = ""
    sha256: str = ""
    number: str = ""
    replayed: bool = False
    done_at: float = float("inf")

    @property
    def accepted(self) -> bool:
        return self.status is not None and self.status < 300

    @property
    def refused(self) -> bool:
        """Told that nothing was done."""
        return self.status is not None and self.status >= 400 and bool(self.slug) and self.slug not in OPEN

    @property
    def may_have_done_it(self) -> bool:
        # A conflict speaks of another request under the same key.
        return (self.open and self.slug != CONFLICT) or (self.accepted and not self.replayed)

    @property
    def open(self) -> bool:
        return not self.accepted and not self.refused


@dataclass(slots=True)
class Intent:
    """What one buyer wanted, and every request about it, in the order sent."""

    email: str
    requests: list[Request] = field(default_factory=list)

    def about(self, verb: str) -> list[Request]:
        return [request for request in self.requests if request.verb == verb]

    def accepted(self, verb: str) -> list[Request]:
        return [request for request in self.about(verb) if request.accepted]

    @property
    def keyed(self) -> bool:
        return any(request.keyed for request in self.about("place"))

    @property
    def quantity(self) -> int:
        return next(request.quantity for request in self.about("place"))

    @property
    def number(self) -> str:
        """Of the order, as the client was told; empty when it was not."""
        return next((request.number for request in self.accepted("place")), "")


def intents(lines: Iterable[Line]) -> dict[str, Intent]:
    """By the buyer's address, which is another for every intent."""
    found: dict[int, Intent] = {}
    requests: dict[int, Request] = {}
    for line in lines:
        if line["kind"] == "asked":
            intent = found.setdefault(line["intent"], Intent(line.get("email", "")))
            request = Request(line["verb"], line["keyed"], line["at"], line.get("quantity", 0))
            intent.requests.append(request)
            requests[line["request"]] = request
        else:
            _settle(requests[line["request"]], line)
    return {intent.email: intent for intent in found.values()}


def _settle(request: Request, line: Line) -> None:
    request.done_at = line["at"]
    if line["kind"] == "answered":
        request.status, request.slug = line["status"], line["slug"]
        request.sha256, request.number, request.replayed = line["sha256"], line["number"], line["replayed"]


def answers(all_intents: Iterable[Intent]) -> Iterator[tuple[Intent, Request]]:
    """Every request that was answered."""
    for intent in all_intents:
        for request in intent.requests:
            if request.status is not None:
                yield intent, request
