"""What the code asks: is this flag on, for this one?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import web
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext

from shared.flags.declared import Flag
from shared.flags.provider import FOR_EVERYONE, PINNED, PostgresProvider
from shared.flags.states import State

NOBODY = EvaluationContext()
_SECRET = frozenset({"authorization", "cookie", "proxy-authorization", "idempotency-key"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """`message` is what people are told, if the operator gave one."""

    on: bool
    message: str = ""


class Flags:
    """The service's flags, from whichever provider is in."""

    def __init__(self, client: OpenFeatureClient, own: PostgresProvider | None) -> None:
        """`own` is our provider, if it is the one behind the client: another one's states are its own affair."""
        self._client = client
        self._own = own

    def of(self, request: web.Request) -> "Snapshot":
        """The request's snapshot, the same however often it is asked for."""
        known = request.get(_SNAPSHOT)
        if known is None:
            known = request[_SNAPSHOT] = self.now()
        return known

    def now(self) -> "Snapshot":
        """One for a message's handler, or for anything else that is one piece of work."""
        return Snapshot(self._client, self._own.state if self._own else None)


class Snapshot:
    """Flags as they are at one moment: nothing that is asked of it can change meanwhile."""

    __slots__ = ("_client", "_state")

    def __init__(self, client: OpenFeatureClient, state: State | None) -> None:
        self._client = client
        self._state = state

    def on(self, flag: Flag, context: EvaluationContext = NOBODY) -> bool:
        return self.verdict(flag, context).on

    def verdict(self, flag: Flag, context: EvaluationContext = NOBODY) -> Verdict:
        """At most 20 µs through the SDK, no I/O; an answer that is the same for everyone is asked for once a state."""
        known = self._state.answers.get(flag.name) if self._state else None
        return known if isinstance(known, Verdict) else self._ask(flag, context)

    def _ask(self, flag: Flag, context: EvaluationContext) -> Verdict:
        pinned = PINNED.set(self._state)
        try:
            details = self._client.get_boolean_details(flag.name, flag.default, context)
        finally:
            PINNED.reset(pinned)
        verdict = Verdict(details.value, str(details.flag_metadata.get("message", "")))
        if self._state and details.reason in FOR_EVERYONE:
            self._state.answers[flag.name] = verdict
        return verdict


_SNAPSHOT = web.RequestKey("flags", Snapshot)


def about(
    *,
    key: str = "",
    event: UUID | str = "",
    event_slug: str = "",
    organiser: str = "",
    organiser_id: UUID | str = "",
    address: str = "",
    locale: str = "",
    headers: Mapping[str, str] | None = None,
) -> EvaluationContext:
    """Whom a flag is asked about, as far as it is known. `key` is what a percentage sticks to, such as an order's
    number; `address` is one that has signed in; of `headers` the secret ones are kept back."""
    facts: dict[str, Any] = {
        "event": str(event),
        "event_slug": event_slug,
        "organiser": organiser,
        "organiser_id": str(organiser_id),
        "address": address,
        "locale": locale,
    }
    known = {name: value for name, value in facts.items() if value}
    if headers:
        known["headers"] = _Shown(headers)
    return EvaluationContext(key or None, known)


class _Shown(Mapping[str, str]):
    """A request's headers without those that are nobody's business."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> str:
        if name.lower() in _SECRET:
            raise KeyError(name)
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._headers if name.lower() not in _SECRET)

    def __len__(self) -> int:
        return sum(1 for _ in self)
