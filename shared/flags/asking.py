"""What the code asks: is this flag on, for this one?"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import web
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext

from shared.flags.declared import Flag
from shared.flags.provider import FOR_EVERYONE, PINNED, PostgresProvider
from shared.flags.states import State

# By which address someone has signed in, if at all; asked only where a flag looks at addresses.
Whose = Callable[[web.Request], Awaitable[str | None]]

# What a flag is asked about, or how to find that out once it matters.
Subject = EvaluationContext | Callable[[], EvaluationContext]

NOBODY = EvaluationContext()
_SECRET = frozenset({"authorization", "cookie", "proxy-authorization", "idempotency-key"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """`message` is what people are told, if the operator gave one."""

    on: bool
    message: str = ""


class Flags:
    """The service's flags, from whichever provider is in."""

    def __init__(self, client: OpenFeatureClient, own: PostgresProvider | None, whose: Whose | None = None) -> None:
        """`own` is our provider, if it is the one behind the client: another one's states are its own affair."""
        self._client = client
        self._own = own
        self._whose = whose

    async def of(self, request: web.Request) -> "Snapshot":
        """The request's snapshot, the same however often it is asked for. It knows the request's headers, and by which
        address it is signed in where a flag looks at that. Raises what asking for the address does."""
        known = request.get(_SNAPSHOT)
        if known is None:
            known = request[_SNAPSHOT] = await self._taken_for(request)
        return known

    def now(self) -> "Snapshot":
        """One for a message's handler, for what everyone is told, or for anything else that is one piece of work."""
        return Snapshot(self._client, self._own.state if self._own else None)

    async def _taken_for(self, request: web.Request) -> "Snapshot":
        state = self._own.state if self._own else None
        address = None
        if self._whose and (state is None or state.by_address):
            address = await self._whose(request)
        return Snapshot(self._client, state, request.headers, address or "")


class Snapshot:
    """Flags as they are at one moment: nothing that is asked of it can change meanwhile."""

    __slots__ = ("_address", "_client", "_headers", "_state")

    def __init__(
        self,
        client: OpenFeatureClient,
        state: State | None,
        headers: Mapping[str, str] | None = None,
        address: str = "",
    ) -> None:
        """`headers` and `address` are those of whoever asks, as far as someone does."""
        self._client = client
        self._state = state
        self._headers = headers
        self._address = address

    def on(self, flag: Flag, subject: Subject = NOBODY) -> bool:
        return self.verdict(flag, subject).on

    def verdict(self, flag: Flag, subject: Subject = NOBODY) -> Verdict:
        """At most 20 µs through the SDK, no I/O; an answer that is the same for everyone is asked for once a state."""
        known = self._state.answers.get(flag.name) if self._state else None
        return known if isinstance(known, Verdict) else self._ask(flag, subject)

    def _ask(self, flag: Flag, subject: Subject) -> Verdict:
        context = self._asked_by(subject() if callable(subject) else subject)
        pinned = PINNED.set(self._state)
        try:
            details = self._client.get_boolean_details(flag.name, flag.default, context)
        finally:
            PINNED.reset(pinned)
        verdict = Verdict(details.value, str(details.flag_metadata.get("message", "")))
        if self._state and details.reason in FOR_EVERYONE:
            self._state.answers[flag.name] = verdict
        return verdict

    def _asked_by(self, context: EvaluationContext) -> EvaluationContext:
        """Whom the flag is asked about, and by whom."""
        if self._headers is None:
            return context
        facts: dict[str, Any] = {**context.attributes, "headers": _Shown(self._headers)}
        if self._address:
            facts["address"] = self._address
        return EvaluationContext(context.targeting_key, facts)


_SNAPSHOT = web.RequestKey("flags", Snapshot)


def about(
    *,
    key: str = "",
    event: UUID | str = "",
    event_slug: str = "",
    organiser: str = "",
    locale: str = "",
) -> EvaluationContext:
    """What a flag is asked about, as far as it is known. `key` is what a percentage sticks to, such as an order's
    number; who asks is known to the snapshot."""
    facts: dict[str, Any] = {"event": str(event), "event_slug": event_slug, "organiser": organiser, "locale": locale}
    return EvaluationContext(key or None, {name: value for name, value in facts.items() if value})


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
