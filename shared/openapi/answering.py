"""The answers' half of the document: what is given, and every problem by its kind, each described once."""

from collections.abc import Iterable, Sequence
from typing import Any

from shared.openapi.operation import JSON, Gives
from shared.openapi.parts import HEADERS
from shared.openapi.problem_kinds import KINDS, PROBLEM_JSON, TYPE_PREFIX
from shared.openapi.schemas import SCHEMAS, Schemas

Json = dict[str, Any]

PROBLEM: Json = {
    "type": "object",
    "description": "What went wrong, as in RFC 9457. Tell kinds apart by `type`; show `detail` to people.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Stable, and ends in the kind's slug."},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "A sentence for a person, which says what to do."},
        "instance": {"type": "string", "format": "uri-reference", "description": "The address that was asked."},
    },
}


class Answers:
    """Collects the components that the answers of all operations refer to."""

    def __init__(self, schemas: Schemas) -> None:
        self._shapes = schemas
        self.schemas: Json = {"Problem": PROBLEM}
        self.responses: Json = {}
        self.headers: Json = {}

    def responses_of(self, gives: Sequence[Gives], problems: Iterable[str]) -> Json:
        """By status, in order."""
        told = {str(given.status): self._given(given) for given in gives}
        by_status: dict[str, list[str]] = {}
        for slug in problems:
            by_status.setdefault(str(KINDS[slug].status), []).append(slug)
        for status, slugs in by_status.items():
            told[status] = _either(told[status], self._problems(slugs)) if status in told else self._refer(slugs)
        return dict(sorted(told.items()))

    def _given(self, given: Gives) -> Json:
        told: Json = {"description": given.summary}
        if given.headers:
            told["headers"] = self._headers(given.headers)
        content: Json = {}
        if given.shape is not None:
            content["schema"] = self._shapes.of(given.shape, "serialization")
        elif given.media.startswith("text/"):
            content["schema"] = {"type": "string"}
        if given.example is not None:
            content["example"] = given.example
        return told | ({"content": {given.media: content}} if content or given.media != JSON else {})

    def _refer(self, slugs: Sequence[str]) -> Json:
        """By name where the status says which kind it is."""
        if len(slugs) > 1:
            return self._problems(slugs)
        if slugs[0] not in self.responses:
            self.responses[slugs[0]] = self._problems(slugs)
        return {"$ref": f"#/components/responses/{slugs[0]}"}

    def _problems(self, slugs: Sequence[str]) -> Json:
        kinds = {slug: KINDS[slug] for slug in slugs}
        schemas = [self._kind(slug) for slug in slugs]
        content = {
            "schema": schemas[0] if len(slugs) == 1 else {"oneOf": schemas},
            "examples": {slug: {"value": kind.example(slug)} for slug, kind in kinds.items()},
        }
        told: Json = {"description": "\n\n".join(f"`{slug}`: {kind.summary}" for slug, kind in kinds.items())}
        if headers := dict.fromkeys(header for kind in kinds.values() for header in kind.headers):
            told["headers"] = self._headers(headers)
        return told | {"content": {PROBLEM_JSON: content}}

    def _kind(self, slug: str) -> Json:
        kind = KINDS[slug]
        own = {"type": {"const": TYPE_PREFIX + slug}, "status": {"const": kind.status}} | dict(kind.members)
        self.schemas[f"problem-{slug}"] = {
            "title": kind.title,
            "description": kind.summary,
            "allOf": [{"$ref": SCHEMAS + "Problem"}, {"type": "object", "properties": own}],
        }
        return {"$ref": SCHEMAS + f"problem-{slug}"}

    def _headers(self, names: Iterable[str]) -> Json:
        for name in names:
            summary, schema = HEADERS[name]
            self.headers[name] = {"description": summary, "schema": schema}
        return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _either(one: Json, other: Json) -> Json:
    """Two answers of one status, told apart by their media types."""
    told = one | other | {"description": f"{one['description']}\n\n{other['description']}"}
    return told | {"content": one["content"] | other["content"]}
