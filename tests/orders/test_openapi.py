"""The API's document is whole and valid. That it is true, every test sees that asks by `orders.client`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from shared.openapi import operation_of
from shared.openapi.problem_kinds import KINDS
from tests.describing import Description, resolve
from tests.orders.conftest import Orders

ROOT = Path(__file__).parents[2]


async def test_the_document_is_a_valid_openapi_document(description: Description) -> None:
    assert description.document["openapi"].startswith("3.1")
    validate(description.document)


async def test_every_route_of_the_api_is_described(orders: Orders) -> None:
    missing = [
        f"{route.method} {route.resource.canonical}"
        for route in orders.app.router.routes()
        if route.resource and route.resource.canonical.startswith("/v1/") and operation_of(route.handler) is None
    ]
    assert missing == [], "describe them with @described: see CONTRIBUTING.md, a route"


async def test_every_described_route_is_in_the_document_with_what_its_path_takes(
    orders: Orders, description: Description
) -> None:
    routed = {
        (route.method.lower(), route.resource.canonical)
        for route in orders.app.router.routes()
        if route.resource and operation_of(route.handler) and route.method != "HEAD"
    }
    assert {(method, path) for method, path, _ in description.operations()} == routed
    for _, path, operation in description.operations():
        told = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "path"}
        assert told == set(re.findall(r"\{(\w+)\}", path)), path


async def test_every_operation_has_a_name_of_its_own_and_a_summary(description: Description) -> None:
    operations = [operation for _, _, operation in description.operations()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] and not operation["summary"].endswith(".") for operation in operations)


async def test_schemas_have_plain_names(description: Description) -> None:
    assert [name for name in description.document["components"]["schemas"] if "__" in name or "[" in name] == []


async def test_every_reference_leads_somewhere(description: Description) -> None:
    references = [part for part in parts(description.document) if "$ref" in part]
    assert len(references) > 50
    assert all(resolve(description.document, reference) for reference in references)


async def test_every_example_is_within_its_schema(description: Description) -> None:
    contents = [
        part for part in parts(description.document) if "schema" in part and {"example", "examples"} & set(part)
    ]
    assert len(contents) > 20
    for content in contents:
        values = [one["value"] for one in content.get("examples", {}).values()]
        for value in [*values, *([content["example"]] if "example" in content else [])]:
            assert description.faults(content["schema"], value) == [], value


def test_every_problem_that_is_told_is_of_a_known_kind() -> None:
    """As they stand in the code: `Problem(status, "slug", "Title", …)`."""
    told = list(problems_in_code())
    assert len(told) > 10
    assert [slug for slug, _ in told if slug not in KINDS] == []
    assert [slug for slug, status in told if KINDS[slug].status != status] == []


def problems_in_code() -> Iterator[tuple[str, int]]:
    for file in (*(ROOT / "services").rglob("*.py"), *(ROOT / "shared").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                values = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
                if len(values) >= 2 and isinstance(values[0], int):
                    yield str(values[1]), values[0]


def parts(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        yield document
        for value in document.values():
            yield from parts(value)
    elif isinstance(document, list):
        for value in document:
            yield from parts(value)


@pytest.mark.parametrize("path", ["/openapi.json", "/asyncapi.json"])
async def test_documents_may_be_read_by_any_page_and_kept(orders: Orders, path: str) -> None:
    async with orders.client.get(path) as response:
        assert response.status == 200
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        known = {"If-None-Match": response.headers["ETag"]}
    async with orders.client.get(path, headers=known) as response:
        assert response.status == 304


def test_what_is_not_described_is_noticed() -> None:
    """The watch over the other tests' answers would go red."""
    shape = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    responses = {"200": {"content": {"application/json": {"schema": shape}}}}
    document = {"paths": {"/x/{y}": {"get": {"responses": responses}}}, "components": {"schemas": {}}}
    description = Description(document)

    def faults(status: int, media: str, body: bytes) -> list[str]:
        return description.faults_of("GET", "/x/1", status, media, body)

    assert faults(200, "application/json", b'{"a": 1}') == []
    assert len(faults(200, "application/json", b"{}")) == 1
    assert len(faults(200, "application/json", b'{"a": 1, "b": 2}')) == 1
    assert len(faults(200, "text/plain", b"{}")) == 1
    assert len(faults(418, "application/json", b"{}")) == 1
