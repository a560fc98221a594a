"""What the templates are given beside the tool's own variables: the facts, and a few filters."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openapi_python_client.parser.properties import AnyProperty, Class, Property
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import PythonIdentifier

from generator.facts import Failure
from generator.options import Option, TypedDictClass

if TYPE_CHECKING:
    from jinja2 import Environment
    from openapi_python_client.parser.openapi import Endpoint
    from openapi_python_client.parser.responses import Response

_WIDTH = 100


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the templates write besides models and endpoints."""

    base_url: str
    failures: tuple[Failure, ...]
    typed_dicts: tuple[TypedDictClass, ...]
    options: tuple[Option, ...]
    slugs: frozenset[str]

    @property
    def error_names(self) -> list[str]:
        """The public names of the module of errors."""
        bases = ["APIError", "APIStatusError", "STTError"]
        return sorted([*bases, *(failure.name for failure in self.failures)])

    @property
    def option_names(self) -> list[str]:
        """The public names of the module of options."""
        return sorted(["OPTIONS", "Option", *(item.name for item in self.typed_dicts)])


@dataclass(frozen=True)
class Answer:
    """A kind of answer: the condition on ``status`` under which it comes, and how its body is read."""

    condition: str
    property: Property
    source: str
    type: str


@dataclass(frozen=True)
class Answers:
    """The answers of an operation, those with a body to be parsed first by status."""

    parsed: tuple[Answer, ...]
    all_types: str
    success_types: str
    success_condition: str


def install(env: Environment, facts: Facts, class_infos: list[Class]) -> None:
    """Give the templates their filters and variables."""
    env.filters.update(docstring=docstring, literal=literal, answers=answers, allows_null=allows_null)
    env.globals.update(facts=facts, class_infos=sorted(class_infos, key=lambda info: info.name))


def docstring(text: str | UntrustedString, suffix: str = "", indent: int = 4) -> str:
    """Return text of the document as a docstring that it cannot break out of."""
    words = text.get_untrusted_value() if isinstance(text, UntrustedString) else text
    escaped = " ".join(f"{words}{suffix}".split()).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if escaped.endswith('"'):
        escaped = escaped[:-1] + '\\"'
    lines = textwrap.wrap(escaped, _WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    if len(lines) == 1:
        return f'"""{lines[0]}"""'
    return '"""' + f"\n{' ' * indent}".join([*lines, '"""'])


def literal(text: str) -> str:
    """Return text as a Python string literal."""
    return json.dumps(text)


def allows_null(prop: PropertyProtocol) -> bool:
    """Tell whether null is a value of its own for the property."""
    if isinstance(prop, UnionProperty):
        return any(allows_null(inner) for inner in prop.inner_properties)
    return isinstance(prop, AnyProperty) or prop.get_base_type_string().as_unembedded_code() == "None"


def module_name(endpoint: Endpoint) -> str:
    """Return the name of the module that the tool writes for an operation."""
    return PythonIdentifier(endpoint.name, "field_")


def answers(endpoint: Endpoint) -> Answers:
    """Return how the answers of an operation are told apart; equal kinds of failures share one branch."""
    groups: dict[tuple[bool, str, str], list[Response]] = {}
    for response in endpoint.responses:
        key = (_is_success(response), _type(response.prop), response.source["attribute"])
        groups.setdefault(key, []).append(response)
    parsed = tuple(
        Answer(_condition(group), group[0].prop, source, kind)
        for (_, kind, source), group in groups.items()
        if source != "None"
    )
    successes = [response for response in endpoint.responses if _is_success(response)]
    return Answers(
        parsed=parsed,
        all_types=_union({kind for _, kind, source in groups if source != "None"}),
        success_types=_union({_type(item.prop) for item in successes if item.source["attribute"] != "None"}),
        success_condition=_condition(successes),
    )


def _type(prop: Property) -> str:
    return prop.get_type_string().as_unembedded_code()


def _union(types: set[str]) -> str:
    return " | ".join(sorted(types)) or "None"


def _is_success(response: Response) -> bool:
    code_range = response.status_code.range
    return code_range is not None and 200 <= code_range[0] <= 299


def _condition(responses: list[Response]) -> str:
    """Return an expression on the integer ``status``; the default answer takes what no other branch took."""
    ranges = [response.status_code.range for response in responses]
    if None in ranges:
        return "not 200 <= status <= 299"
    codes = [first for first, last in filter(None, ranges) if first == last]
    parts = [f"{first} <= status <= {last}" for first, last in filter(None, ranges) if first != last]
    if codes:
        parts.insert(0, f"status in {tuple(codes)}" if len(codes) > 1 else f"status == {codes[0]}")
    return " or ".join(parts) or "False"
