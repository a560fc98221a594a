"""The commands that make a tree: `sync` puts it in place, `diff` only tells, `check` compares."""

from __future__ import annotations

import tempfile
from pathlib import Path

import attrs

from generator import build, lock, python_api, source, tree, verify
from generator.changes import Bump, Change, compare
from generator.document import parse_openapi
from generator.progress import Step
from generator.project import Project
from generator.refusal import Refusal
from generator.report import Report, file_changes
from generator.staging import commit, recover, staging

STEPS = 4


@attrs.frozen(kw_only=True)
class Asked:
    """What a command is asked to do: the source, which operations, and the source that the lock is to name."""

    source: str | None = None
    operations: build.Chosen = "configured"
    record: str | None = None


def sync(project: Project, asked: Asked, step: Step) -> Report:
    """Write the document, the generated tree, its lock and the changelog's fragments from a source.

    Raises Refusal, with nothing written, for whatever cannot be used.
    """
    with staging(project) as staged:
        present = lock.read(project)
        if present:
            lock.require_unedited(project, present)
        report = _fill(staged, project, asked, present, step)
        report.write_fragments(staged.fragments)
        commit(staged, project)
    return report


def diff(project: Project, asked: Asked, step: Step) -> Report:
    """Return what `sync` would, and write nothing."""
    recover(project)
    with tempfile.TemporaryDirectory() as folder:
        return _fill(Project(Path(folder)), project, asked, lock.read(project), step)


def check(project: Project) -> dict[str, str]:
    """Return the files in generated/ that do not follow from the document: see `tree.differences`."""
    recover(project)
    present = lock.read(project)
    if present is None:
        raise Refusal("generated/: absent; run sync first")
    with tempfile.TemporaryDirectory() as folder:
        staged = Project(Path(folder))
        _generate(staged, project, project.document, present.source, present.operations)
        return tree.differences(staged.generated, project.generated)


def _fill(staged: Project, project: Project, asked: Asked, present: lock.Lock | None, step: Step) -> Report:
    step("Reading")
    given = asked.source or (source.from_lock(present.source, project.root) if present else None)
    if given is None:
        raise Refusal("no SOURCE: name a documentation page or a document; the lock remembers it for the next time")
    found = source.read(given, largest=project.config.largest_document)
    part = build.part(project, parse_openapi(found.text, found.name), found.name, asked.operations)
    staged.document.write_text(part, encoding="utf-8", newline="\n")
    step("Generating")
    recorded = asked.record or source.recorded(given, project.root, present.source if present else "")
    new = _generate(staged, project, staged.document, recorded, asked.operations)
    step("Verifying")
    package = staged.generated / project.config.package
    notes = verify.verify(package, new.meant, project.config.operations)
    step("Comparing")
    changes = _changes(project, present.operations, new, package) if present else []
    first = () if present else ("This is the first sync: there is nothing to compare with.",)
    files = file_changes(package, project.package)
    return Report(changes=tuple(changes), files=files, notes=(*first, *new.notes, *notes))


def _generate(
    staged: Project, project: Project, document: Path, recorded: str, chosen: build.Chosen
) -> build.Understood:
    package = staged.generated / project.config.package
    package.parent.mkdir()
    text = document.read_text(encoding="utf-8")
    understood = build.generate(project, text, document.name, package, chosen)
    lock.write(lock.of(project, staged.generated, document, recorded, chosen), staged.lock)
    return understood


def _changes(project: Project, chosen: build.Chosen, new: build.Understood, package: Path) -> list[Change]:
    if not project.document.exists():
        raise Refusal("openapi.yaml: absent, so what changed cannot be told; restore it, or remove generated/ as well")
    text = project.document.read_text(encoding="utf-8")
    old = build.former_meaning(project, text, project.document.name, chosen)
    changes = compare(old, new.meant, project.config.aliases)
    follows = any(change.bump >= Bump.MINOR for change in changes)  # then new names say nothing new
    names = python_api.breaks(project.package, package)
    changes += [change for change in names if change.breaking or not follows]
    return sorted(changes, key=lambda change: (-change.bump, change.rule, change.places))
