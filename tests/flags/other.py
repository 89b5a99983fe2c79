"""Providers that are not ours, made as FLAGS_PROVIDER would have it."""

from openfeature.evaluation_context import EvaluationContext
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider


def make() -> InMemoryProvider:
    return InMemoryProvider({"orders-paused": InMemoryFlag("on", {"on": True, "off": False})})


class Broken(InMemoryProvider):
    def __init__(self) -> None:
        super().__init__({})

    def initialize(self, evaluation_context: EvaluationContext) -> None:
        raise RuntimeError("no such host")
