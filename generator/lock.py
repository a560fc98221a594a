"""The lock: what the generated files were made of, and the hash of each, as SHA-256 in hexadecimal.

It tells an edit by hand from a regeneration, and remembers where the document came from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs

from generator import tree
from generator.build import Chosen
from generator.project import Project
from generator.refusal import Refusal
from generator.render import TEMPLATES


@attrs.frozen(kw_only=True)
class Lock:
    """What ``generated/lock.json`` holds; the hashes are by path."""

    source: str
    operations: Chosen
    document: str
    config: str
    overlays: dict[str, str]
    templates: dict[str, str]
    tools: dict[str, str]
    files: dict[str, str]


def of(project: Project, generated: Path, document: Path, source: str, operations: Chosen) -> Lock:
    """Return the lock for a tree in the directory ``generated`` that was made of ``document``."""
    return Lock(
        source=source,
        operations=operations,
        document=_hash(document.read_bytes()),
        config=_hash(project.config_file.read_bytes()),
        overlays=_hashes(project.overlays),
        templates=_hashes(TEMPLATES.glob("*.jinja")),
        tools=project.config.tools,
        files=_files(generated, project),
    )


def write(lock: Lock, path: Path) -> None:
    """Write the lock, the same bytes for the same contents."""
    path.write_text(json.dumps(attrs.asdict(lock), indent=1) + "\n", encoding="utf-8", newline="\n")


def read(project: Project) -> Lock | None:
    """Return the project's lock; None before the first sync.

    Raises Refusal for one that cannot be read, and where there are generated files without one.
    """
    path = project.lock
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Lock(**values)
    except FileNotFoundError:
        if project.package.exists():
            raise Refusal(
                "generated/lock.json: missing, so what was edited by hand cannot be told; restore the file,"
                " or remove generated/ to begin anew"
            ) from None
        return None
    except (OSError, ValueError, TypeError) as error:
        raise Refusal(f"generated/lock.json: cannot be read ({error}); restore the file") from error


def require_unedited(project: Project, lock: Lock) -> None:
    """Refuse to write over generated files that are not as the lock says."""
    present = _files(project.generated, project)
    if edited := sorted(name for name in present.keys() | lock.files if present.get(name) != lock.files.get(name)):
        raise Refusal(
            f"{', '.join(f'generated/{name}' for name in edited)}: edited by hand since the last sync; move the change"
            " to an overlay or a template, and restore the file"
        )


def _files(generated: Path, project: Project) -> dict[str, str]:
    found = tree.files(generated)
    return {name: _hash(content) for name, content in found.items() if name != project.lock.name}


def _hashes(paths: Iterable[Path]) -> dict[str, str]:
    return {path.name: _hash(path.read_bytes()) for path in sorted(paths)}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
