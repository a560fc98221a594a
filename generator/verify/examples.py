"""Collect a document's own examples, each within a whole request or answer that generated code can take.

An example of a part (a schema, a property) is put into a whole one: the class for the part is then found by the
code that users call, and not by guessing its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from openapi_schema_validator import OAS31Validator

from generator.document import resolve
from generator.places import joined
from generator.refusal import Refusal
from generator.shake import METHODS

_JSON = re.compile(r"application/(?:[\w.-]+\+)?json", re.IGNORECASE)


@dataclass(frozen=True)
class Case:
    """A JSON value to be read and written by generated code.

    ``status`` is that of the answer, None for a request; ``place`` a JSON pointer (RFC 6901) to the example;
    ``expected`` what is to be written: the value without nulls that stand for an absent field.
    """

    operation: str
    status: int | None
    place: str
    value: Any
    expected: Any


@dataclass
class _Collector:
    document: dict[str, Any]
    notes: list[str] = field(default_factory=list[str])
    seen: set[str] = field(default_factory=set[str])

    def cases(self) -> Iterator[Case]:
        for path, item in self.document["paths"].items():
            for method in sorted(METHODS & item.keys()):
                operation, at = f"{method} {path}", joined("#/paths", path, method)
                body = item[method].get("requestBody", {})
                yield from self._contents(body, operation, None, f"{at}/requestBody")
                responses = item[method]["responses"]
                for key, response in responses.items():
                    if status := _status(key, responses.keys()):
                        yield from self._contents(response, operation, status, f"{at}/responses/{key}")

    def _contents(self, holder: dict[str, Any], operation: str, status: int | None, at: str) -> Iterator[Case]:
        for media_type, content in resolve(self.document, holder).get("content", {}).items():
            if not _JSON.match(media_type) or "schema" not in content:
                continue
            schema, here = content["schema"], joined(at, "content", media_type)
            own = [*self._media_examples(content, here), *self._wholes(schema, f"{here}/schema")]
            for place, value in own:
                if (expected := self._expected(schema, value, place)) is not _UNTRIED:
                    yield Case(operation, status, place, value, expected)

    def _media_examples(self, content: dict[str, Any], at: str) -> Iterator[tuple[str, Any]]:
        if "example" in content:
            yield f"{at}/example", content["example"]
        for name, example in content.get("examples", {}).items():
            place = joined(at, "examples", name)
            try:
                found = resolve(self.document, example)
            except Refusal as refusal:
                self.notes.append(f"{place}: not tried: {refusal}")
            else:
                yield from ((place, value) for key, value in found.items() if key == "value")

    def _wholes(self, schema: Any, at: str) -> Iterator[tuple[str, Any]]:
        """Yield values of ``schema``, each with the place of the example in it; shared schemas once in all."""
        if not isinstance(schema, dict):
            return
        if isinstance(reference := schema.get("$ref"), str):
            if reference not in self.seen:
                self.seen.add(reference)
                yield from self._wholes(resolve(self.document, schema), reference)
            return
        yield from _own(schema, at)
        yield from self._of_members(schema, at)
        if "items" in schema:
            yield from ((place, [value]) for place, value in self._wholes(schema["items"], f"{at}/items"))
        yield from self._of_parts(schema, at)

    def _of_parts(self, schema: dict[str, Any], at: str) -> Iterator[tuple[str, Any]]:
        # Of alternatives, a value is to fit the one that it is an example of, and need not fit another.
        common = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
        for keyword in ("allOf", "anyOf", "oneOf"):
            for number, part in enumerate(schema.get(keyword, ())):
                for place, value in self._wholes(part, f"{at}/{keyword}/{number}"):
                    yield place, self._within(common, value)

    def _of_members(self, schema: dict[str, Any], at: str) -> Iterator[tuple[str, Any]]:
        for name, member in schema.get("properties", {}).items():
            for place, value in self._wholes(member, joined(at, "properties", name)):
                yield place, self._within(schema, {name: value})
        for place, value in self._wholes(schema.get("additionalProperties"), f"{at}/additionalProperties"):
            yield place, self._within(schema, {"name": value})

    def _within(self, schema: dict[str, Any], value: Any) -> Any:
        whole = sample(self.document, schema)
        return {**whole, **value} if isinstance(whole, dict) and isinstance(value, dict) else value

    def _expected(self, schema: Any, value: Any, place: str) -> Any:
        """Return what is to be written for ``value``; one that contradicts its schema is noted and left out."""
        validator = OAS31Validator({"components": self.document.get("components", {}), "allOf": [schema]})
        try:
            # Null in an optional field that cannot be null is read as absent: docs/design.md.
            absent = [error.absolute_path for error in validator.iter_errors(value) if error.instance is None]
            expected = _without(value, [list(path) for path in absent if path])
            error = next(iter(validator.iter_errors(expected)), None)
        except re.error as unreadable:
            self.notes.append(f"{place}: not tried: its schema has a pattern that Python cannot read: {unreadable}")
            return _UNTRIED
        if error is None:
            return expected
        self.notes.append(f"{place}: not tried: it contradicts its schema: {_told(error)}")
        return _UNTRIED


_UNTRIED = object()


def examples(document: dict[str, Any]) -> tuple[list[Case], list[str]]:
    """Return the document's examples for JSON requests and answers, and notes on those that cannot be tried."""
    collector = _Collector(document)
    return list(collector.cases()), collector.notes


def sample(document: dict[str, Any], schema: Any, within: frozenset[str] = frozenset()) -> Any:
    """Return a small value of ``schema``: its example, or one made of what it requires."""
    if not isinstance(schema, dict):
        return None
    if isinstance(reference := schema.get("$ref"), str):
        inner = resolve(document, schema)
        return None if reference in within else sample(document, inner, within | {reference})
    for _, value in _own(schema, ""):
        return value
    if stated := [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]:
        return stated[0]
    for alternatives in (schema.get("anyOf"), schema.get("oneOf")):
        if alternatives:
            return sample(document, alternatives[0], within)
    return _of_type(document, schema, within)


def _of_type(document: dict[str, Any], schema: dict[str, Any], within: frozenset[str]) -> Any:
    parts = [sample(document, part, within) for part in schema.get("allOf", ())]
    kinds = schema.get("type", "object" if "properties" in schema or parts else "null")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind != "object":
        return {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "array": []}.get(kind)
    whole = {name: value for part in parts if isinstance(part, dict) for name, value in part.items()}
    members = schema.get("properties", {})
    return whole | {name: sample(document, members.get(name), within) for name in schema.get("required", ())}


def _own(schema: dict[str, Any], at: str) -> Iterator[tuple[str, Any]]:
    if "example" in schema:
        yield f"{at}/example", schema["example"]
    if isinstance(several := schema.get("examples"), list):
        yield from ((f"{at}/examples/{number}", value) for number, value in enumerate(several))


def _status(key: str, documented: Any) -> int | None:
    """Return a status for a key of ``responses``: of a range or the default, one that has no answer of its own.

    None where all of them have one.
    """
    if key.isdecimal():
        return int(key)
    first = int(key[0]) * 100 if key[0].isdecimal() else 400
    return next((status for status in range(first + 99, first - 1, -1) if str(status) not in documented), None)


def _told(error: Any) -> str:
    where = ".".join(str(part) for part in error.absolute_path)
    return f"{f'{where}: ' if where else ''}{error.message.splitlines()[0]:.200}"


def _without(value: Any, paths: list[list[str | int]]) -> Any:
    if isinstance(value, dict):
        kept = {name: item for name, item in value.items() if [name] not in paths}
        return {name: _without(item, [path[1:] for path in paths if path[0] == name]) for name, item in kept.items()}
    if isinstance(value, list):
        return [_without(item, [path[1:] for path in paths if path[0] == n]) for n, item in enumerate(value)]
    return value
