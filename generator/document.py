"""Read an OpenAPI document into plain JSON values, and walk over it.

YAML is read as version 1.2 by ruamel.yaml's own reader: under YAML 1.1 the language code ``no`` is false, and
of two equal keys the last wins without a word. Numbers as keys (``200:``) become text and dates stay text, as
in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from generator.refusal import Refusal

# Values under these keys are data, in which a "$ref" or a "nullable" means nothing.
_DATA = frozenset({"const", "default", "enum", "example", "examples"})
# What is below these is named by the API: a property called "example" is a schema, a "default" answer not.
_NAMES = frozenset({"patternProperties", "properties", "responses", "schemas"})


class _Constructor(SafeConstructor):
    """Builds plain values, dates as the text that was written."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def parse(text: str, name: str) -> dict[str, Any]:
    """Return the mapping in ``text`` (YAML 1.2 or JSON); ``name`` is used in refusals."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    try:
        value = _plain(yaml.load(text))
    except MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise Refusal(f"{name}: {line}{_first_line(error.problem)}") from error
    except (YAMLError, TypeError, ValueError, RecursionError) as error:
        raise Refusal(f"{name}: not a YAML or JSON document: {_first_line(error)}") from error
    if not isinstance(value, dict):
        raise Refusal(f"{name}: holds no mapping; an OpenAPI document begins 'openapi: 3...'")
    return value


def parse_openapi(text: str, name: str) -> dict[str, Any]:
    """Return the OpenAPI 3 document in ``text``."""
    value = parse(text, name)
    if not str(value.get("openapi", "")).startswith("3."):
        raise Refusal(f"{name}: no 'openapi: 3...' at the top; only OpenAPI 3 documents can be used")
    return value


def _plain(value: object) -> Any:
    return json.loads(json.dumps(value, allow_nan=False), object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError(f"keys that differ only in type among {sorted(result)}")
    return result


def _first_line(message: object) -> str:
    return (str(message).strip() or "cannot be parsed").splitlines()[0]


def rewrite(node: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return ``node`` with ``change`` applied to every mapping, innermost first; examples stay as is."""
    if isinstance(node, list):
        return [rewrite(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    return change({key: _rewrite_value(key, value, change) for key, value in node.items()})


def _rewrite_value(key: str, value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if key in _NAMES and isinstance(value, dict):
        return {name: rewrite(schema, change) for name, schema in value.items()}
    return value if key in _DATA else rewrite(value, change)


def references(node: Any) -> Iterator[str]:
    """Yield every reference in ``node``, those of discriminators included."""
    found: list[str] = []

    def note(mapping: dict[str, Any]) -> dict[str, Any]:
        found.extend(value for key, value in mapping.items() if key == "$ref" and isinstance(value, str))
        if isinstance(choices := mapping.get("discriminator"), dict):
            found.extend(value for value in choices.get("mapping", {}).values() if "/" in value)
        return mapping

    rewrite(node, note)
    yield from found


def resolve(document: dict[str, Any], node: Any) -> Any:
    """Return ``node``, or what it refers to."""
    seen: set[str] = set()
    while isinstance(node, dict) and isinstance(reference := node.get("$ref"), str):
        if reference in seen:
            raise Refusal(f"{reference}: refers to itself")
        seen.add(reference)
        node = follow(document, reference)
    return node


def follow(document: dict[str, Any], reference: str) -> Any:
    """Return the part of the document that a local reference (RFC 6901) names."""
    if not reference.startswith("#/"):
        raise Refusal(f"{reference}: a reference to another document; give the bundled document")
    node: Any = document
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or key not in node:
            raise Refusal(f"{reference}: refers to nothing in the document")
        node = node[key]
    return node
