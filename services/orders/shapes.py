"""What all requests' shapes are made of, and how a fault is told: its place, and a person's words."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from shared.values.texts import INVISIBLE, MAX_NAME, name, printable
from shared.web import Fault


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


R = TypeVar("R", bound=Request)


def parse(kind: type[R], document: Mapping[str, Any]) -> tuple[R | None, list[Fault]]:
    """The request, or None with every fault of shape."""
    try:
        return kind.model_validate(document), []
    except ValidationError as error:
        return None, [Fault(_pointer(fault["loc"]), _sentence(fault)) for fault in error.errors(include_url=False)]


# A line of text for whoever reads the schema, and what can be seen in one.
_LINE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*"
LINES = r"^([^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]|\r\n)*$"
_INK = f"[^{INVISIBLE}]"


def shown(longest: int, shortest: int = 0, **more: Any) -> WithJsonSchema:
    """What a schema says of a line of text whose rules are a function's."""
    pattern = f"^{_LINE}{_INK}{_LINE}$" if shortest else f"^{_LINE}$"
    lengths = {"minLength": shortest} if shortest else {}
    return WithJsonSchema({"type": "string"} | lengths | {"maxLength": longest, "pattern": pattern} | more)


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME),
    AfterValidator(name),
    shown(MAX_NAME, 1),
]
Reference = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100),
    AfterValidator(printable),
    shown(100, pattern=f"^{_LINE}$", minLength=1),
]


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)


def _sentence(fault: ErrorDetails) -> str:
    match fault["type"]:
        case "missing":
            return "This field is required."
        case "extra_forbidden":
            return "There is no such field."
        case "value_error":
            return str(fault["ctx"]["error"])
        case "string_too_short":
            return "This must not be empty."
        case "too_short":
            return f"Give at least {fault['ctx']['min_length']}."
        case "too_long":
            return f"Give at most {fault['ctx']['max_length']}, not {fault['ctx']['actual_length']}."
        case "string_unicode":
            return "Leave out line breaks and control characters."
        case _:
            return fault["msg"].replace("Input should", "Must").replace("should have", "must have") + "."
