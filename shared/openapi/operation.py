"""What a route tells of itself, beside its handler:

    @described("Buyers", Gives(200, "The order.", Order), takes=(NUMBER,), opened_by=(ORDER_TOKEN,))
    async def show_order(self, request: web.Request) -> web.Response:
        \"""Read an order.

        What more there is to say, in Markdown.
        \"""

The docstring's first line is the summary. Problems that follow from a body, credentials, parameters or a path need
not be named (see `problem_kinds`).
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

H = TypeVar("H", bound=Callable[..., Any])

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
_MARK = "operation"


@dataclass(frozen=True, slots=True)
class Parameter:
    """`schema` is a JSON Schema. Only what stands in the path is a must; a header is `refused` when it is of no use."""

    name: str
    place: Literal["path", "query", "header"]
    summary: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    example: Any = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    """The body of a JSON Merge Patch (RFC 7396) of what is otherwise sent as `kind`."""

    kind: type[BaseModel]


@dataclass(frozen=True, slots=True)
class Gives:
    """An answer. `shape` is the type of its JSON: a TypedDict, a list of them, a model. None: no body, or no JSON."""

    status: int
    summary: str
    shape: Any = None
    media: str = JSON
    headers: tuple[str, ...] = ()
    example: Any = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A route as the document tells it. `body` is the type that parses the request."""

    name: str
    summary: str
    description: str
    tag: str
    gives: tuple[Gives, ...]
    takes: tuple[Parameter, ...] = ()
    body: type[BaseModel] | Patch | None = None
    body_example: Any = None
    problems: tuple[str, ...] = ()
    opened_by: tuple[str, ...] = ()
    open_to_all: bool = True


def described(
    tag: str,
    *gives: Gives,
    takes: tuple[Parameter, ...] = (),
    body: type[BaseModel] | Patch | None = None,
    body_example: Any = None,
    problems: tuple[str, ...] = (),
    opened_by: tuple[str, ...] = (),
    open_to_all: bool = False,
) -> Callable[[H], H]:
    """`opened_by` are names of `document.CREDENTIALS`, any one of which will do; with `open_to_all` none is needed."""

    def mark(handler: H) -> H:
        summary, _, description = inspect.cleandoc(handler.__doc__ or "").partition("\n")
        operation = Operation(
            name=handler.__name__,
            summary=summary.rstrip("."),
            description=description.strip(),
            tag=tag,
            gives=gives,
            takes=takes,
            body=body,
            body_example=body_example,
            problems=problems,
            opened_by=opened_by,
            open_to_all=open_to_all or not opened_by,
        )
        setattr(handler, _MARK, operation)
        return handler

    return mark


def operation_of(handler: Any) -> Operation | None:
    """What `described` left on a handler, be it a function or a method."""
    found = getattr(handler, _MARK, None)
    return found if isinstance(found, Operation) else None
