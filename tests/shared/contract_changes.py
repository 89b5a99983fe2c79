"""What would break those who read our messages, told from two sets of JSON Schemas."""

from collections.abc import Iterator, Mapping
from typing import Any

# Words for people and identifiers of the document: changing them changes no message.
COMMENTS = {"title", "description", "$id", "$schema", "$defs", "default"}


def breaking_changes(published: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """A line for each change that needs a new version; empty when there are only optional additions."""
    found: list[str] = []
    for key, schema in published.items():
        if key not in now:
            found.append(f"{key}: gone. Readers wait for it: keep it, and publish its .v2 beside it")
            continue
        before, after = _plain(schema, schema), _plain(now[key], now[key])
        found += [
            f"{key}: {change}. Publish {_next(key)} beside it instead" for change in _changes("data", before, after)
        ]
    return found


def _changes(place: str, before: Any, after: Any) -> Iterator[str]:
    if "properties" not in before or "properties" not in after:
        if "items" in before and "items" in after:
            yield from _changes(f"{place}[]", before["items"], after["items"])
        elif before != after:
            yield f"{place} was {before} and is {after}"
        return
    for name, schema in before["properties"].items():
        if name in after["properties"]:
            yield from _changes(f"{place}.{name}", schema, after["properties"][name])
        else:
            yield f"{place}.{name} is gone"
    was, is_ = set(before.get("required", ())), set(after.get("required", ()))
    yield from (f"{place}.{name} may be missing now" for name in sorted(was - is_) if name in after["properties"])
    yield from (f"{place}.{name} is required, and messages on their way lack it" for name in sorted(is_ - was))


def _plain(schema: Any, whole: Mapping[str, Any]) -> Any:
    """Without comments, and with what is referred to in its place."""
    if isinstance(schema, list):
        return [_plain(item, whole) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _plain(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if "properties" in schema:
        members = {name: _plain(member, whole) for name, member in schema["properties"].items()}
        return {"properties": members, "required": schema.get("required", [])}
    return {name: _plain(value, whole) for name, value in schema.items() if name not in COMMENTS}


def _next(key: str) -> str:
    stem, _, version = key.rpartition(".v")
    return f"{stem}.v{int(version) + 1}"
