"""OpenAPI 3.1 of a service: from its route table, what each handler tells of itself, and the types in use.

https://spec.openapis.org/oas/v3.1.1.html
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from aiohttp import web

from shared.openapi import problem_kinds
from shared.openapi.answering import Answers
from shared.openapi.operation import JSON, MERGE_PATCH, Operation, Parameter, Patch, operation_of
from shared.openapi.parts import CREDENTIALS, ORGANISER_KEY
from shared.openapi.schemas import Mode, Schemas

Json = dict[str, Any]

OPENAPI = "3.1.1"
# Of the API, not of the release: it says 1 for as long as nothing that is described here is taken away.
VERSION = "1.0.0"
# A place in a path, with or without the pattern that it must match.
_PLACE = re.compile(r"\{(\w+)(?::[^{}]+)?\}")


def document(routes: Iterable[web.RouteDef], *, title: str, description: str, server: str) -> Json:
    """Of those routes that are described."""
    known = [(route, found) for route in routes if (found := operation_of(route.handler))]
    schemas = Schemas(_kinds(operation for _, operation in known))
    answers = Answers(schemas)
    paths: Json = {}
    for route, operation in known:
        path = _PLACE.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route.method, path, operation, schemas, answers)
    return {
        "openapi": OPENAPI,
        "info": {
            "title": title,
            "version": VERSION,
            "description": description,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for _, operation in known)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted((schemas.named | answers.schemas).items())),
            "responses": answers.responses,
            "headers": answers.headers,
            "securitySchemes": _credentials(operation for _, operation in known),
        },
    }


def _kinds(operations: Iterable[Operation]) -> Iterator[tuple[Any, Mode]]:
    for operation in operations:
        if operation.body is not None:
            yield operation.body, "validation"
        for given in operation.gives:
            if given.shape is not None:
                yield given.shape, "serialization"


def _credentials(operations: Iterable[Operation]) -> Json:
    used = {name for operation in operations for name in operation.opened_by}
    return {name: scheme for name, scheme in CREDENTIALS.items() if name in used}


def _operation(method: str, path: str, operation: Operation, schemas: Schemas, answers: Answers) -> Json:
    told: Json = {"operationId": operation.name, "tags": [operation.tag], "summary": operation.summary}
    if operation.description:
        told["description"] = operation.description
    if operation.takes:
        told["parameters"] = [_parameter(parameter) for parameter in operation.takes]
    if operation.body is not None:
        told["requestBody"] = _body(operation, schemas)
    told["responses"] = answers.responses_of(operation.gives, problems_of(method, path, operation))
    told["security"] = [{name: []} for name in operation.opened_by] + ([{}] if operation.open_to_all else [])
    return told


def problems_of(method: str, path: str, operation: Operation) -> Sequence[str]:
    """The slugs of all problems that the operation may answer with."""
    kinds = operation.problems + problem_kinds.ANYWHERE
    kinds += () if method == "GET" else problem_kinds.WITH_EFFECT
    kinds += problem_kinds.WITH_BODY if operation.body is not None else ()
    kinds += problem_kinds.WITH_CREDENTIALS if operation.opened_by else ()
    kinds += problem_kinds.WITH_KEY if ORGANISER_KEY in operation.opened_by else ()
    kinds += problem_kinds.WITH_PARAMETERS if _refuses_parameters(operation) else ()
    kinds += problem_kinds.WITH_PATH if "{" in path else ()
    return list(dict.fromkeys(kinds))


def _refuses_parameters(operation: Operation) -> bool:
    """Conditions and the like are ignored where they can't be read, as HTTP has it."""
    return any(parameter.place == "query" or parameter.refused for parameter in operation.takes)


def _parameter(parameter: Parameter) -> Json:
    told: Json = {"name": parameter.name, "in": parameter.place, "description": parameter.summary}
    if parameter.place == "path":
        told["required"] = True
    told["schema"] = dict(parameter.schema)
    return told | ({"example": parameter.example} if parameter.example is not None else {})


def _body(operation: Operation, schemas: Schemas) -> Json:
    content: Json = {"schema": schemas.of(operation.body, "validation")}
    if operation.body_example is not None:
        content["example"] = operation.body_example
    media = (MERGE_PATCH, JSON) if isinstance(operation.body, Patch) else (JSON,)
    return {"required": True, "content": dict.fromkeys(media, content)}
