"""Our flags as an OpenFeature provider: answers from the state in memory, never from the database."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any, TypeVar

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType, Reason
from openfeature.provider import AbstractProvider
from openfeature.provider.metadata import Metadata

from shared.flags.rules import EVERYONE, rule_for
from shared.flags.states import State

T = TypeVar("T")

# The state that whoever evaluates now was given at its start; without one, the newest.
PINNED: ContextVar[State | None] = ContextVar("flags_pinned", default=None)

_NAME = Metadata("boxoffice-postgres")
_NOBODY: Mapping[str, Any] = {}
# Those reasons whose answers are the same whoever is asked about.
FOR_EVERYONE = frozenset({Reason.STATIC, Reason.DEFAULT})


class PostgresProvider(AbstractProvider):
    """Flags are yes or no; whoever follows the database calls `take`, and `doubt` while it is away."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State()
        self._doubted = False

    def take(self, state: State) -> None:
        """From now on this holds. Those who are in the middle of something keep what they were given."""
        before, self.state = self.state, state
        names = before.settings.keys() | state.settings.keys()
        changed = sorted(name for name in names if before.settings.get(name) != state.settings.get(name))
        self.trust()
        if changed:
            self.emit_provider_configuration_changed(ProviderEventDetails(flags_changed=changed))

    def doubt(self) -> None:
        """The database does not answer: what is known may be old."""
        if not self._doubted:
            self._doubted = True
            self.emit_provider_stale(ProviderEventDetails(message="the flags' database does not answer"))

    def trust(self) -> None:
        """What is known is what is so."""
        if self._doubted:
            self._doubted = False
            self.emit_provider_ready(ProviderEventDetails())

    def get_metadata(self) -> Metadata:
        return _NAME

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        setting = (PINNED.get() or self.state).settings.get(flag_key)
        if setting is None:
            return FlagResolutionDetails(default_value, reason=Reason.DEFAULT)
        facts = evaluation_context.attributes if evaluation_context else _NOBODY
        key = (evaluation_context.targeting_key if evaluation_context else None) or ""
        rule = rule_for(setting, flag_key, key, facts)
        on = setting.on == (rule is not None)
        reason = Reason.TARGETING_MATCH
        if setting.universal:
            reason = Reason.STATIC
        elif rule and rule.percentage < EVERYONE:
            reason = Reason.SPLIT
        told = {"message": rule.message} if rule and rule.message else {}
        return FlagResolutionDetails(on, reason=reason, variant="on" if on else "off", flag_metadata=told)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        return self._no_such_type(flag_key, default_value)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        return self._no_such_type(flag_key, default_value)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        return self._no_such_type(flag_key, default_value)

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        return self._no_such_type(flag_key, default_value)

    def _no_such_type(self, flag: str, default: T) -> FlagResolutionDetails[T]:
        if flag not in self.state.settings:
            return FlagResolutionDetails(default, reason=Reason.DEFAULT)
        return FlagResolutionDetails(
            default, error_code=ErrorCode.TYPE_MISMATCH, error_message="flags are yes or no", reason=Reason.ERROR
        )
