"""Run openapi-python-client with our templates.

The templates that differ from the tool's are whole files of our own, in ``templates/``, each used in place of
the tool's template of the same name. Whole files, because most of what the tool writes there changes, and
because one reads them as they run. Templates are no public interface of the tool, so ``originals.json`` holds
the hash of each of its templates: when an upgrade changes one, generation stops until a person compared them.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openapi_python_client
from openapi_python_client.config import Config as ToolConfig
from openapi_python_client.config import ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.properties import ModelProperty, Property

from generator import filters, simplify
from generator.refusal import Refusal

TEMPLATES = Path(__file__).parent / "templates"
_ADDRESS = re.compile(r"<[\w.]*UntrustedString object at \w+>")
_OURS_ONLY = ("operation.py", "options.py", "providers.py")
# What a property would overwrite in the generated class, or hide in the code around it.
_UNUSABLE_ATTRIBUTES = frozenset(
    {
        "additional_properties", "cast", "cls", "from_dict", "json", "plain", "pop_optional", "to_dict",
        "to_multipart", "types",
    }
)  # fmt: skip
# What the modules import, and so what no class among them may be called.
_TAKEN_CLASSES = frozenset(
    {
        "Any", "AuthenticatedClient", "BinaryIO", "BytesIO", "Client", "File", "Mapping", "Response", "Self", "TextIO",
        "UNSET", "UUID", "Unset",
    }
)  # fmt: skip


def render(document: dict[str, Any], facts: filters.Facts, package: Path, *, lenient: bool = False) -> tuple[str, ...]:
    """Write the package for ``document`` into the new directory ``package``, not yet formatted.

    Raises Refusal for whatever the tool warns about, and for names that would overwrite each other. If ``lenient``,
    these parts are left out, and the words about them are returned.
    """
    require_originals()
    config = _config(package)
    data = tool_data(document, config)
    notes = [*map(_words, _problems(data)), *_leave_out(data)]
    if notes and not lenient:
        raise Refusal("; ".join(notes))
    project = openapi_python_client.Project(openapi=data, config=config, custom_template_path=TEMPLATES)
    filters.install(project.env, facts, data)
    with contextlib.redirect_stdout(io.StringIO()):
        project.build()
    for name in _OURS_ONLY:
        text = project.env.get_template(f"{name}.jinja").render()
        (package / name).write_text(text, encoding="utf-8")
    # The tool writes this marker (PEP 561) only for whole distributions.
    (package / "py.typed").touch()
    return tuple(notes)


def originals() -> dict[str, str]:
    """Return the SHA-256 of each of the tool's templates by its path."""
    folder = Path(openapi_python_client.__file__).parent / "templates"
    files = sorted(folder.rglob("*.py.jinja")) + sorted(folder.glob("helpers.jinja"))
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def require_originals() -> None:
    """Refuse to run when a template of the tool is not the one that ours were written against."""
    expected = json.loads((TEMPLATES / "originals.json").read_text(encoding="utf-8"))
    found = originals()
    changed = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if changed:
        raise Refusal(
            f"openapi-python-client's templates changed: {', '.join(changed)};"
            " compare them with generator/templates, then update originals.json there"
        )


def tool_data(document: dict[str, Any], config: ToolConfig | None = None) -> GeneratorData:
    """Return what the tool makes of a simple document; raises Refusal where that is nothing at all."""
    data = GeneratorData.from_dict(simplify.json_first(document), config=config or _config(Path()))
    if isinstance(data, GeneratorError):
        raise Refusal(_words(data))
    return data


def _config(package: Path) -> ToolConfig:
    settings = {
        "post_hooks": [],
        "package_name_override": package.name,
        "class_overrides": {name: {"class_name": f"{name}Model"} for name in _TAKEN_CLASSES},
    }
    return ToolConfig.from_sources(
        ConfigFile.model_validate(settings),
        MetaType.NONE,
        document_source="",
        file_encoding="utf-8",
        overwrite=False,
        output_path=package,
    )


def _problems(data: GeneratorData) -> Iterator[GeneratorError]:
    for collection in data.endpoint_collections_by_tag.values():
        yield from collection.parse_errors
    yield from data.errors


def _leave_out(data: GeneratorData) -> list[str]:
    """Take away what would overwrite something else, and return the words about it."""
    notes: list[str] = []
    for tag, collection in data.endpoint_collections_by_tag.items():
        modules: set[str] = set()
        for endpoint in list(collection.endpoints):
            if (module := filters.module_name(endpoint)) in modules:
                notes.append(f"api/{tag}/{module}.py would be written twice: {filters.place(endpoint)} collides")
                collection.endpoints.remove(endpoint)
            modules.add(module)
    modules = set()
    for item in data.models:
        if (module := item.class_info.module_name) in modules:
            raise Refusal(
                f"models/{module}.py would be written twice: {item.class_info.name} collides; rename one schema"
            )
        modules.add(module)
    for model in data.models:
        for properties in (model.required_properties or [], model.optional_properties or []):
            notes += _leave_out_attributes(model, properties)
    return notes


def _leave_out_attributes(model: ModelProperty, properties: list[Property]) -> list[str]:
    """Take away the properties that would break the class; their values are among its additional ones."""
    unusable = [item for item in properties if item.python_name in _UNUSABLE_ATTRIBUTES]
    for item in unusable:
        properties.remove(item)
    return [
        f"components.schemas: {model.class_info.name}.{item.python_name} cannot be an attribute;"
        " leave the property out with an overlay"
        for item in unusable
    ]


def _words(problem: GeneratorError) -> str:
    # The tool's own words hold addresses in memory where a name of the document was meant.
    header, detail = (
        _ADDRESS.sub("(a name of the document)", words or "") for words in (problem.header, problem.detail)
    )
    return " ".join(f"{header} {detail}".split())
