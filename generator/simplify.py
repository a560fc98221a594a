"""Reshape a normalised document into one that openapi-python-client turns into little and robust code.

Each rule looks at shapes and at no name of today's document, so that an ordinary change of the API needs no
edit:

- *provider maps*: an object of many optional, equal, free-form members (120 providers) is one open mapping,
  and its member names are a list of slugs;
- *error answers*: schemas that only failed answers use and that are equal apart from their words are one;
- *free-form objects*: an object without any stated member needs no class, a plain ``dict`` does;
- *open objects*: what the document does not know is kept, in answers and in what a caller gives;
- *open enumerations*: a value added by the server must not break a client, so enumerations and constants are
  plain types, but for those that tell the alternatives of a union apart;
- *no titles*: classes are named after their schema or their place, so that a new title renames nothing;
- *JSON first*: where a body comes in several media types, the one that is JSON is the one that is meant.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import defaultdict
from typing import Any

from generator.document import references, resolve, rewrite
from generator.normalise import is_annotation
from generator.places import mappings
from generator.shake import METHODS

# Fewer equal members are a coincidence: two options objects side by side are no map.
_MANY = 10
_SCHEMAS = "#/components/schemas/"
# What openapi-python-client can send beside JSON.
_SENDABLE = frozenset({"application/octet-stream", "application/x-www-form-urlencoded", "multipart/form-data"})


def collapse_maps(document: dict[str, Any]) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the document with provider maps as open mappings, and the names of their members."""
    slugs: set[str] = set()

    def collapse(schema: dict[str, Any]) -> dict[str, Any]:
        if not is_provider_map(schema):
            return schema
        members: dict[str, Any] = schema["properties"]
        slugs.update(members)
        rest = {key: value for key, value in schema.items() if key != "properties"}
        return {**rest, "additionalProperties": _assertions(next(iter(members.values())))}

    return rewrite(document, collapse), frozenset(slugs)


def is_provider_map(schema: dict[str, Any]) -> bool:
    members = schema.get("properties")
    if not isinstance(members, dict) or len(members) < _MANY or schema.get("required"):
        return False
    shapes = {_shape(member) for member in members.values() if is_free_form(member)}
    return len(shapes) == 1 and all(is_free_form(member) for member in members.values())


def is_free_form(schema: Any) -> bool:
    if not isinstance(schema, dict) or schema.get("type") not in ("object", ["object", "null"]):
        return False
    assertions = _assertions(schema)
    return not (assertions.keys() - {"type", "additionalProperties"}) and _allows_all(assertions)


def _allows_all(schema: dict[str, Any]) -> bool:
    return schema.get("additionalProperties", True) in (True, {})


def _assertions(schema: Any) -> Any:
    return rewrite(schema, lambda part: {key: value for key, value in part.items() if not is_annotation(key)})


def _shape(schema: Any) -> str:
    return json.dumps(_assertions(schema), sort_keys=True)


def merge_errors(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with equal schemas of failed answers as one, named after what their names share."""
    while renames := _equal_errors(document):
        document = _renamed(document, renames)
    return document


def _equal_errors(document: dict[str, Any]) -> dict[str, str]:
    schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(_only_in_errors(document)):
        groups[_shape(schemas[name])].append(name)
    renames: dict[str, str] = {}
    for names in groups.values():
        common = _common_name(names)
        if len(names) > 1 and common not in schemas.keys() - set(names):  # one that is taken means something else
            renames |= dict.fromkeys(names, common)
    return renames


def _common_name(names: list[str]) -> str:
    words = [re.findall(r"[A-Z]*[^A-Z]*", name) for name in names]
    endings = zip(*(reversed(parts) for parts in words), strict=False)
    shared = [ending[0] for ending in itertools.takewhile(lambda ending: len(set(ending)) == 1, endings)]
    return "Error" + "".join(reversed(shared)).removeprefix("Error")


def _renamed(document: dict[str, Any], renames: dict[str, str]) -> dict[str, Any]:
    def rename(part: dict[str, Any]) -> dict[str, Any]:
        name = str(part.get("$ref", "")).removeprefix(_SCHEMAS)
        return {**part, "$ref": _SCHEMAS + renames[name]} if name in renames else part

    result: dict[str, Any] = rewrite(document, rename)
    schemas: dict[str, Any] = {}
    members: dict[str, Any] = result["components"]["schemas"]
    for name, schema in members.items():
        shared = {**_assertions(schema), "description": "Common to all error answers."}
        schemas.setdefault(renames.get(name, name), shared if name in renames else schema)
    result["components"]["schemas"] = schemas
    return result


def _only_in_errors(document: dict[str, Any]) -> set[str]:
    failed: list[Any] = []
    used: list[Any] = []
    for item in document["paths"].values():
        used.extend(value for key, value in item.items() if key not in METHODS)
        for method in METHODS & item.keys():
            operation = item[method]
            used.extend(value for key, value in operation.items() if key != "responses")
            for status, response in operation["responses"].items():
                (used if status.startswith("2") else failed).append(response)
    return _reached(document, failed) - _reached(document, used)


def _reached(document: dict[str, Any], nodes: list[Any]) -> set[str]:
    components: dict[str, dict[str, Any]] = document.get("components", {})
    reached: set[str] = set()
    waiting = list(references(nodes))
    while waiting:
        if (reference := waiting.pop()) not in reached:
            reached.add(reference)
            _, _, kind, name = reference.split("/")
            waiting.extend(references(components[kind][name]))
    return {reference.removeprefix(_SCHEMAS) for reference in reached if reference.startswith(_SCHEMAS)}


def without_small_classes(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with free-form objects as anything and enumerations as their plain type.

    A schema that has a name of its own keeps its class.
    """
    result: dict[str, Any] = rewrite(_with_tags(document), _plain)
    schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
    for name, schema in schemas.items():
        plain = result["components"]["schemas"][name]
        if "type" in schema and "type" not in plain:
            result["components"]["schemas"][name] = {
                **plain,
                "type": schema["type"],
                "additionalProperties": {},
            }
    return result


def without_titles(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document without titles of schemas; one is the description where there is no other."""

    def untitled(part: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(title := part.get("title"), str):
            return part
        rest = {key: value for key, value in part.items() if key != "title"}
        return {"description": title, **rest}

    return {**document, **{key: rewrite(document[key], untitled) for key in ("paths", "components")}}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("additionalProperties") is False:
        schema = {key: value for key, value in schema.items() if key != "additionalProperties"}
    if is_free_form(schema):
        return {key: value for key, value in schema.items() if is_annotation(key)}
    if "type" in schema and (isinstance(schema.get("enum"), list) or "const" in schema):
        return {key: value for key, value in schema.items() if key not in ("enum", "const")}
    return schema


def _with_tags(document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy in which what tells the objects of a union apart is a constant without a type."""
    copy: dict[str, Any] = rewrite(document, lambda part: part)
    for _, schema in mappings(copy):
        for alternatives in (schema.get("oneOf"), schema.get("anyOf")):
            if isinstance(alternatives, list):
                objects = (resolve(copy, alternative) for alternative in alternatives)
                _mark([part["properties"] for part in objects if isinstance(part, dict) and "properties" in part])
    return copy


def _mark(objects: list[dict[str, Any]]) -> None:
    for name in {name for members in objects for name in members}:
        stated = [members[name] for members in objects if name in members and _only_value(members[name])]
        if len({_only_value(schema) for schema in stated}) > 1:
            for schema in stated:
                value = _only_value(schema)
                for key in ("type", "enum"):
                    schema.pop(key, None)
                schema["const"] = value


def _only_value(schema: Any) -> str | None:
    if not isinstance(schema, dict):
        return None
    values = [schema["const"]] if "const" in schema else schema.get("enum", [])
    return values[0] if len(values) == 1 and isinstance(values[0], str) else None


def json_type(content: dict[str, Any]) -> str | None:
    """Return the key of the media type that is JSON (RFC 8259, or ``+json`` of RFC 6839): the plainest one."""
    plain = {name: name.partition(";")[0].strip().lower() for name in content}
    found = [name for name, kind in plain.items() if kind == "application/json" or kind.endswith("+json")]
    return min(found, key=lambda name: (plain[name] != "application/json", len(name)), default=None)


def json_first(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with JSON bodies before others, and without others that cannot be generated beside it."""

    def order(part: dict[str, Any]) -> dict[str, Any]:
        content = part.get("content")
        if not isinstance(content, dict) or (first := json_type(content)) is None:
            return part
        others = {name: body for name, body in content.items() if name in _SENDABLE and "schema" in body}
        return {**part, "content": {first: content[first], **others}}

    result: dict[str, Any] = rewrite(document, order)
    return result
