"""The parts of the generated package that have a place in the document, by the names that one asks for them with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import ModelProperty, Property

from generator import facts, filters, render
from generator.document import references
from generator.facts import Failure
from generator.places import at, joined, members
from generator.project import Project
from generator.provenance import Provenance
from generator.shake import METHODS

_MARK = "x-place"
_SCHEMA = frozenset({"additionalProperties", "allOf", "anyOf", "const", "enum", "oneOf", "properties", "type"})
_NAMES = frozenset({"properties", "responses", "schemas"})
_DATA = frozenset({"default", "enum", "example", "examples"})


@attrs.frozen(kw_only=True)
class Part:
    """A file, class, field or function: its file, its names, its places in the corrected document, and remarks."""

    title: str
    file: str
    names: frozenset[str]
    places: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        file: str,
        name: str,
        places: Iterable[str],
        remarks: Iterable[str] = (),
        *,
        also: Iterable[str] = (),
        whole_file: bool = False,
    ) -> Part:
        """Return the part called ``name`` in ``file``; it can be asked for with or without its modules.

        A ``whole_file`` can be asked for by the name of the file as well.
        """
        modules = file.removesuffix(".py").removesuffix("__init__").removesuffix("/").split("/")
        prefixes = [".".join(modules[:count]) for count in range(1, len(modules) + 1)]
        names = {spelled for one in (name, *also) for spelled in (one, *(f"{prefix}.{one}" for prefix in prefixes))}
        if whole_file:
            names |= {file, *prefixes[-1:]}
        return cls(
            title=name,
            file=file,
            names=frozenset(names),
            places=tuple(places),
            remarks=tuple(remarks),
        )


def of(project: Project, provenance: Provenance) -> Iterator[Part]:
    """Yield the parts of the package that the project's document gives."""
    data = render.tool_data(_marked(provenance.understood.simple, ""))
    for model in data.models:
        yield from _model(model, provenance, project.config.aliases)
    yield from (
        _operation(endpoint, tag)
        for tag, collection in data.endpoint_collections_by_tag.items()
        for endpoint in collection.endpoints
    )
    yield from (_error(failure, provenance.understood.meant) for failure in provenance.understood.facts.failures)
    yield Part.of("providers.py", "PROVIDER_SLUGS", provenance.mappings(), whole_file=True)
    server = facts.server_place(provenance.understood.meant, provenance.understood.operations[0])
    yield Part.of("__init__.py", "DEFAULT_BASE_URL", [f"{server}/url"])


def _marked(node: Any, place: str, *, names: bool = False) -> Any:
    if isinstance(node, list):
        return [_marked(item, joined(place, number)) for number, item in enumerate(node)]
    if not isinstance(node, dict):
        return node
    inner = {key: _marked_member(key, value, place, names=names) for key, value in node.items()}
    return inner if names or not _SCHEMA & node.keys() else {**inner, _MARK: place}


def _marked_member(key: str, value: Any, place: str, *, names: bool) -> Any:
    if key in _DATA and not names:
        return value
    return _marked(value, joined(place, key), names=key in _NAMES and not names)


def _model(model: ModelProperty, provenance: Provenance, aliases: dict[str, str]) -> Iterator[Part]:
    name, file = model.class_info.name, f"models/{model.class_info.module_name}.py"
    place = str((model.data.model_extra or {})[_MARK])
    former = [old for old, new in aliases.items() if new == name]
    origins = provenance.origins(place)
    remarks = [f"{old} is its former name: [aliases] in generator/config.toml" for old in former]
    if len(origins) > 1:
        remarks.append(f"{len(origins)} equal schemas, which only failures use, are one class")
    yield Part.of(file, name, origins, remarks, also=former, whole_file=True)
    for item in (*(model.required_properties or ()), *(model.optional_properties or ())):
        found = members(provenance.understood.simple, place, item.name.get_untrusted_value())
        yield Part.of(
            file,
            f"{name}.{item.python_name}",
            [origin for at in found for origin in provenance.origins(at)],
            _field_remarks(item),
            also=[f"{old}.{item.python_name}" for old in former],
        )


def _field_remarks(item: Property) -> Iterator[str]:
    wire = item.name.get_untrusted_value()
    if wire != item.python_name:
        yield f"`{wire}` on the wire, which is no usable name of an attribute"
    if not item.required and not filters.allows_null(item):
        yield "null is no value of this optional field, and is read as absent"


def _operation(endpoint: Endpoint, tag: str) -> Part:
    module = filters.module_name(endpoint)
    place = joined("/paths", endpoint.path.get_untrusted_value(), endpoint.method)
    remark = f"`{filters.place(endpoint)}` is one of the operations in generator/config.toml, or of --operations all"
    return Part.of(f"api/{tag}/{module}.py", module, [place], [remark], whole_file=True)


def _error(failure: Failure, meant: dict[str, Any]) -> Part:
    places = [
        joined("/paths", path, method, "responses", failure.status)
        for path, item in meant["paths"].items()
        for method in sorted(METHODS & item.keys())
        if str(failure.status) in item[method]["responses"]
    ]
    schemas = {reference.rpartition("/")[2] for place in places for reference in references(at(meant, place))}
    after = f"; its answer is {', '.join(sorted(schemas))}" if schemas else ""
    remark = f"the class of status {failure.status}, named after the schema of its answer or else the status{after}"
    return Part.of("errors.py", failure.name, places, [remark])
