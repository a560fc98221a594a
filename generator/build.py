"""The way from a published document to the generated package."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from generator import config, document, extract, facts, options, overlay, render, simplify, tree
from generator.filters import Facts
from generator.normalise import normalise
from generator.refusal import Refusal
from generator.shake import shake


@dataclass(frozen=True)
class Project:
    """Where the parts of the project are, below its root directory."""

    root: Path

    @property
    def document(self) -> Path:
        """The published document, as extracted."""
        return self.root / "openapi.yaml"

    @property
    def overlays(self) -> list[Path]:
        """Our corrections to the document, in the order in which they are applied."""
        return sorted((self.root / "generator" / "overlays").glob("*.yaml"))

    @property
    def config(self) -> config.Config:
        """The configuration."""
        return config.load(self.root / "generator" / "config.toml")

    @property
    def package(self) -> Path:
        """The generated package."""
        return self.root / "generated" / self.config.package


_WRITTEN = {"differs": "changed", "is missing": "added", "is extra": "removed"}


def sync(project: Project, source: Path) -> dict[str, str]:
    """Write ``openapi.yaml`` and the generated package from a page or document.

    Returns the generated files that are now "changed", "added" or "removed".

    Raises Refusal, with nothing written, for whatever cannot be used.
    """
    text = extract.published(source)
    project.package.parent.mkdir(exist_ok=True)
    # Beside the target, so that the last step is a rename and no copy.
    with tempfile.TemporaryDirectory(prefix=".new-", dir=project.package.parent) as temporary:
        new = Path(temporary) / project.package.name
        generate(project, text, str(source), new)
        changes = {file: _WRITTEN[words] for file, words in tree.differences(new, project.package).items()}
        document_file = Path(temporary) / project.document.name
        document_file.write_text(text, encoding="utf-8", newline="\n")
        tree.swap(new, project.package)
        document_file.replace(project.document)
    return changes


def check(project: Project) -> dict[str, str]:
    """Return the generated files that do not follow from the document, and how: see `tree.differences`."""
    text = extract.published(project.document)
    with tempfile.TemporaryDirectory() as temporary:
        wanted = Path(temporary) / project.package.name
        generate(project, text, project.document.name, wanted)
        return tree.differences(wanted, project.package)


def generate(project: Project, text: str, name: str, package: Path) -> None:
    """Write the finished package for the document in ``text`` into the new directory ``package``."""
    settings = project.config
    config.require_tools(settings.tools)
    whole = document.parse_openapi(text, name)
    for path in project.overlays:
        overlay.apply(whole, document.parse(path.read_text(encoding="utf-8"), path.name), path.name)
    with _refusing_other_shapes(name):
        simple, found = _understand(whole, settings)
    render.render(simple, found, package)
    tree.finish(package)


def _understand(whole: dict[str, Any], settings: config.Config) -> tuple[dict[str, Any], Facts]:
    """Return the document for openapi-python-client, and what our own templates write."""
    shaken = shake(whole, settings.operations)
    validate(shaken)
    meant, slugs = simplify.collapse_maps(normalise(shaken))
    fields = options.optional_fields(meant, settings.operations[0], settings.filled, settings.taken)
    found = Facts(
        base_url=facts.base_url(meant),
        failures=facts.failures(meant),
        typed_dicts=options.typed_dicts(meant, fields),
        options=options.rows(meant, fields),
        slugs=slugs,
    )
    return simplify.without_small_classes(simplify.merge_errors(meant)), found


@contextmanager
def _refusing_other_shapes(name: str) -> Iterator[None]:
    try:
        yield
    except Refusal:
        raise
    except OpenAPIValidationError as error:
        place = "/".join(str(part) for part in error.absolute_path)
        raise Refusal(f"{name}: {place}: not valid OpenAPI: {error.message.splitlines()[0]}") from error
    except Exception as error:
        # Any value may stand anywhere in a wrong document, and the validator itself trips over some.
        raise Refusal(f"{name}: not in the shape of an OpenAPI document: {error!r:.200}") from error
