"""What the templates are given beside the tool's own variables: the facts, and a few filters."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openapi_python_client.parser.properties import AnyProperty, ModelProperty, Property
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import ClassName, PythonIdentifier

from generator.facts import Failure
from generator.options import Option
from generator.refusal import Refusal
from generator.typed_dicts import TypedDictClass

if TYPE_CHECKING:
    from jinja2 import Environment
    from openapi_python_client.parser.bodies import Body
    from openapi_python_client.parser.openapi import Endpoint, GeneratorData
    from openapi_python_client.parser.responses import Response

_WIDTH = 100


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the templates write besides models and endpoints.

    ``operation`` ("method path") is the one that the facade is built on, the first one where it is empty; ``aliases``
    are former names of classes, each with the present one.
    """

    base_url: str
    failures: tuple[Failure, ...]
    typed_dicts: tuple[TypedDictClass, ...]
    options: tuple[Option, ...]
    slugs: frozenset[str]
    operation: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])

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
    any_type: str
    success_types: str
    success_condition: str


@dataclass(frozen=True)
class Operation:
    """The operation that the facade is built on: where it is, what it sends and what a success holds."""

    tag: str
    module: str
    body: Body
    answer: Response


def install(env: Environment, facts: Facts, data: GeneratorData) -> None:
    """Give the templates their filters and variables.

    Raises Refusal for an operation without JSON in both directions, and for an alias that cannot be kept.
    """
    models = {model.class_info.name: model for model in data.models}
    classes = sorted((model.class_info for model in data.models), key=lambda info: info.name)
    env.filters.update(docstring=docstring, literal=repr, answers=answers, allows_null=allows_null)
    env.filters.update(type_in_models=type_in_models, alternatives=lambda inner: alternatives(inner, models))
    _check_aliases(facts.aliases, {info.name for info in classes})
    env.globals.update(facts=facts, class_infos=classes, operation=_operation(facts.operation, data))


def alternatives(
    inner: Iterable[PropertyProtocol], models: Mapping[ClassName, ModelProperty]
) -> list[PropertyProtocol]:
    """Return the alternatives of a union in the order in which they are tried.

    Every model takes fields that it does not know, so one that needs or knows more comes before one that does less.
    """

    def rank(prop: PropertyProtocol) -> tuple[int, int]:
        if not isinstance(prop, ModelProperty):
            return (0, 0)
        model = models.get(prop.class_info.name, prop)  # the tool keeps copies that it has not filled
        return (-len(model.required_properties or ()), -len(model.optional_properties or ()))

    return sorted(inner, key=rank)


def _check_aliases(aliases: Mapping[str, str], classes: set[str]) -> None:
    for old, new in aliases.items():
        if new not in classes or old in classes:
            why = f"there is no class {new}" if new not in classes else f"{old} is a class again"
            raise Refusal(f"[aliases] {old} = {new!r}: {why}; correct generator/config.toml")


def _operation(name: str, data: GeneratorData) -> Operation:
    found = [
        (tag, endpoint)
        for tag, collection in data.endpoint_collections_by_tag.items()
        for endpoint in collection.endpoints
    ]
    tag, endpoint = next((item for item in found if name in ("", place(item[1]))), (None, None))
    if tag is None or endpoint is None:
        raise Refusal(f"paths: {name}: cannot be generated, and the facade is built on it")
    answer = next((item for item in endpoint.responses if _is_success(item) and _is_json(item)), None)
    body = next((item for item in endpoint.bodies if item.body_type == "json"), None)
    if answer is None or body is None:
        raise Refusal(f"{place(endpoint)}: request and answer have to be JSON, which is what the facade knows")
    return Operation(tag, module_name(endpoint), body, answer)


def place(endpoint: Endpoint) -> str:
    """Return an operation's name in the configuration: its method and path."""
    return f"{endpoint.method} {endpoint.path.get_untrusted_value()}"


def _is_json(response: Response) -> bool:
    return response.source["attribute"] == "response.json()"


def docstring(text: str | UntrustedString, suffix: str = "", indent: int = 4) -> str:
    """Return text of the document as a docstring that it cannot break out of."""
    words = text.get_untrusted_value() if isinstance(text, UntrustedString) else text
    escaped = " ".join(f"{words}{suffix}".split()).replace("\\", "\\\\")
    # No two quotes are left side by side, and none at the end.
    escaped = re.sub(r'"(?="|$)', r'\\"', escaped)
    escaped = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in escaped)
    lines = textwrap.wrap(escaped, _WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    if len(lines) == 1:
        return f'"""{lines[0]}"""'
    return '"""' + f"\n{' ' * indent}".join([*lines, '"""'])


def allows_null(prop: PropertyProtocol) -> bool:
    """Tell whether null is a value of its own for the property."""
    if isinstance(prop, UnionProperty):
        return any(allows_null(inner) for inner in prop.inner_properties)
    return isinstance(prop, AnyProperty) or prop.get_base_type_string().as_unembedded_code() == "None"


def type_in_models(prop: PropertyProtocol) -> str:
    """Return the type of a property where only ``models`` is imported, so that no class can hide another name."""
    if isinstance(prop, UnionProperty):
        return " | ".join(map(type_in_models, prop.inner_properties))
    if isinstance(prop, ModelProperty):
        return f"models.{prop.class_info.name}"
    return prop.get_base_type_string().as_unembedded_code()


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
    types = {kind for _, kind, source in groups if source != "None"}
    return Answers(
        parsed=parsed,
        all_types=_union(types),
        any_type=f"{_union(types)} | None" if types else "None",
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
