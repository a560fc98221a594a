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
from pathlib import Path
from typing import Any

import openapi_python_client
from openapi_python_client.config import Config as ToolConfig
from openapi_python_client.config import ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from generator import filters
from generator.refusal import Refusal

TEMPLATES = Path(__file__).parent / "templates"
_OURS_ONLY = ("options.py", "providers.py")
# What a property would overwrite in the generated class, or hide in the code around it.
_UNUSABLE = frozenset({"additional_properties", "cast", "cls", "from_dict", "json", "to_dict", "to_multipart", "types"})


def render(document: dict[str, Any], facts: filters.Facts, package: Path) -> None:
    """Write the package for ``document`` into the new directory ``package``, not yet formatted.

    Raises Refusal for whatever the tool warns about, and for names that would overwrite each other.
    """
    require_originals()
    config = _config(package)
    data = GeneratorData.from_dict(document, config=config)
    if isinstance(data, GeneratorError):
        raise Refusal(_words(data))
    _check_names(data)
    project = openapi_python_client.Project(openapi=data, config=config, custom_template_path=TEMPLATES)
    filters.install(project.env, facts, [item.class_info for item in (*data.models, *data.enums)])
    with contextlib.redirect_stdout(io.StringIO()):
        problems = project.build()
    if problems:
        raise Refusal("; ".join(_words(problem) for problem in problems))
    for name in _OURS_ONLY:
        text = project.env.get_template(f"{name}.jinja").render()
        (package / name).write_text(text, encoding="utf-8")
    # The tool writes this marker (PEP 561) only for whole distributions.
    (package / "py.typed").touch()


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


def _config(package: Path) -> ToolConfig:
    return ToolConfig.from_sources(
        ConfigFile(post_hooks=[], package_name_override=package.name),
        MetaType.NONE,
        document_source="",
        file_encoding="utf-8",
        overwrite=False,
        output_path=package,
    )


def _check_names(data: GeneratorData) -> None:
    modules = [f"models/{item.class_info.module_name}" for item in (*data.models, *data.enums)]
    for tag, collection in data.endpoint_collections_by_tag.items():
        modules += [f"api/{tag}/{filters.module_name(endpoint)}" for endpoint in collection.endpoints]
    if twice := sorted({name for name in modules if modules.count(name) > 1}):
        raise Refusal(f"{', '.join(twice)}.py would be written twice: two names of the document collide")
    for model in data.models:
        for item in (*(model.required_properties or ()), *(model.optional_properties or ())):
            if item.python_name in _UNUSABLE:
                raise Refusal(
                    f"components.schemas: {model.class_info.name}.{item.python_name} cannot be an attribute;"
                    " leave the property out with an overlay"
                )


def _words(problem: GeneratorError) -> str:
    return " ".join(f"{problem.header} {problem.detail or ''}".split())
