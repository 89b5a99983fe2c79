"""Holds what a service answers against its own OpenAPI document, as a client that trusts it would.

Stricter than a client should be: a member that the document does not tell of is a fault too.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from shared.openapi.problem_kinds import PROBLEM_JSON

Json = dict[str, Any]

# What answers when no operation does, or before one is reached.
ANYWHERE = {404, 405}
JSON_TYPES = ("application/json", PROBLEM_JSON)


class Description:
    """An OpenAPI document to hold answers against."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self._components = {"components": {"schemas": closed(document["components"]["schemas"])}}
        self._paths = [(_pattern(path), path) for path in document["paths"]]

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """Method, path and operation of each."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield method, path, operation

    def faults(self, schema: Json, value: object) -> list[str]:
        validator = Draft202012Validator(closed(schema) | self._components)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]

    def faults_of(self, method: str, path: str, status: int, media: str, body: bytes) -> list[str]:
        """What the document does not tell of an answer; nothing for an address that it does not describe."""
        operation = self._operation("get" if method == "HEAD" else method.lower(), path)
        if operation is None:
            return []
        answer = resolve(self.document, operation["responses"].get(str(status), {}))
        if not answer:
            return [f"{method} {path} may not answer {status}"]
        content = answer.get("content", {}).get(media)
        if content is None:
            return [f"{status} of {method} {path} may not be {media}"] if body else []
        if media not in JSON_TYPES or method == "HEAD":
            return []
        return self.faults(content["schema"], json.loads(body))

    def _operation(self, method: str, path: str) -> Json | None:
        # As routers have it: what is spelt out before what is a place.
        for pattern, template in sorted(self._paths, key=lambda known: known[1].count("{")):
            if pattern.fullmatch(path):
                found: Json | None = self.document["paths"][template].get(method)
                return found
        return None


async def described_at(base: str) -> Description:
    async with aiohttp.ClientSession(base) as http, http.get("/openapi.json") as response:
        assert response.status == 200
        return Description(await response.json())


def watch(description: Description) -> aiohttp.TraceConfig:
    """For a client session: whatever it is answered must be as described."""

    async def check(_: object, __: object, told: aiohttp.TraceRequestEndParams) -> None:
        media = told.response.content_type if "Content-Type" in told.response.headers else ""
        body = await told.response.read() if media in JSON_TYPES else b""
        faults = description.faults_of(told.method, told.url.raw_path, told.response.status, media, body)
        assert faults == [], f"{told.method} {told.url.raw_path} {told.response.status}: {faults}"

    config = aiohttp.TraceConfig()
    config.on_request_end.append(check)
    return config


def closed(schema: Any) -> Any:
    """The schema without room for members that it does not name."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    parts = {name: part if name in ("allOf", "Problem") else closed(part) for name, part in schema.items()}
    if "allOf" in parts:
        return parts | {"unevaluatedProperties": False}
    return {"additionalProperties": False} | parts if isinstance(parts.get("properties"), Mapping) else parts


def resolve(document: Json, part: Json) -> Json:
    if "$ref" not in part:
        return part
    found: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
