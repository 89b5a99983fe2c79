"""What was done to the installation and when, as far as it excuses anything."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

# After its end a fault may still be felt: lines are rejoined, servers recover.
AFTERMATH_SECONDS = 5.0
# A mail that was answered is noted within this while the database serves.
NOTE_SECONDS = 3.0

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Troubles:
    """`spans` by what a fault touched (`database`, `smtp-line`, `emptied`), `kills` by service; seconds since 1970."""

    spans: dict[str, list[Span]]
    kills: dict[str, list[float]]
    out_of_service: Sequence[str]

    def touched(self, what: str, since: float, until: float) -> bool:
        return any(begin <= until and since <= end for begin, end in self.spans.get(what, ()))

    def died_before_noting(self, since: float, until: float) -> bool:
        """Whether the mailer was killed in this span, before it had the time to note what it knew since its start."""
        return any(
            since <= at <= until and self._serving_seconds(since, at) <= NOTE_SECONDS
            for at in self.kills.get("mailer", ())
        )

    def _serving_seconds(self, since: float, until: float) -> float:
        """How much of the span the database served."""
        serving, at = 0.0, since
        for begin, end in sorted(self.spans.get("database", ())):
            if end <= at or begin >= until:
                continue
            serving += max(0.0, begin - at)
            at = min(max(at, end), until)
        return serving + max(0.0, until - at)


def troubles(lines: Iterable[dict[str, Any]]) -> Troubles:
    spans: dict[str, list[Span]] = defaultdict(list)
    kills: dict[str, list[float]] = defaultdict(list)
    ended: list[str] = []
    begun: dict[str, dict[str, Any]] = {}
    for line in lines:
        match line["kind"]:
            case "begins":
                begun[line["fault"]] = line
            case "heals":
                begin = begun.pop(line["fault"])
                for what in begin["touches"]:
                    spans[what].append((begin["at"], line["at"] + AFTERMATH_SECONDS))
            case "killed":
                kills[line["what"]].append(line["at"])
            case "lame":
                ended.append(f"{line['what']} can't serve though all is healed: {line['reason']}")
            case "ended" if not line["by_us"]:
                ended.append(f"{line['what']} ended by itself with {line['code']}")
    for begin in begun.values():
        for what in begin["touches"]:
            spans[what].append((begin["at"], float("inf")))
    return Troubles(spans, kills, ended)
