"""JSON Schemas (2020-12) from the types that parse requests and make answers, each once, by its own name."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from shared.openapi.operation import Patch

Json = dict[str, Any]
Mode = Literal["validation", "serialization"]

_NULL = {"type": "null"}

SCHEMAS = "#/components/schemas/"


class _Plain(GenerateJsonSchema):
    """Without a title for each field, which says the name again."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class Schemas:
    """`of(kind, mode)` is a kind's schema, mostly a reference; `named` are those it refers to."""

    def __init__(self, kinds: Iterable[tuple[Any, Mode]]) -> None:
        wanted = {(repr(kind), mode): kind for kind, mode in kinds}
        inputs: list[tuple[str, Mode, TypeAdapter[Any]]] = [
            (name, mode, TypeAdapter(kind.kind if isinstance(kind, Patch) else kind))
            for (name, mode), kind in wanted.items()
        ]
        made, rest = TypeAdapter.json_schemas(inputs, ref_template=SCHEMAS + "{model}", schema_generator=_Plain)
        self._made: Mapping[Any, Json] = made
        self.named: Json = rest.get("$defs", {})
        for kind in wanted.values():
            if isinstance(kind, Patch):
                self.named[_patch_name(kind)] = self._patch(self.named[kind.kind.__name__])

    def of(self, kind: Any, mode: Mode) -> Json:
        if isinstance(kind, Patch):
            return {"$ref": SCHEMAS + _patch_name(kind)}
        return self._made[repr(kind), mode]

    def _patch(self, whole: Json) -> Json:
        """Of an object's schema: nothing is a must, and null takes away what may be missing."""
        required = whole.get("required", ())
        fields = {
            name: self._part(field) if name in required else _or_null(self._part(field))
            for name, field in whole["properties"].items()
        }
        described = {name: whole[name] for name in ("description",) if name in whole}
        return {"type": "object", "additionalProperties": False, "properties": fields} | described

    def _part(self, field: Json) -> Json:
        """Members that are objects are merged too."""
        name = field.get("$ref", "").removeprefix(SCHEMAS)
        if name in self.named and "properties" in self.named[name]:
            return self._patch(self.named[name])
        return {key: value for key, value in field.items() if key != "default"}


def _or_null(field: Json) -> Json:
    choices = field.get("anyOf", [field])
    return field if _NULL in choices else {"anyOf": [*choices, _NULL]}


def _patch_name(patch: Patch) -> str:
    return patch.kind.__name__ + "Patch"
