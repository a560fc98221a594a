"""What a sync changed: as text for release notes (Markdown), as JSON for machines, as the changelog's fragments."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import attrs

from generator import tree
from generator.changes import Bump, Change
from generator.refusal import one_line

_TYPES = {Bump.MAJOR: "breaking", Bump.MINOR: "feature", Bump.PATCH: "patch"}
_SHOWN_PLACES = 3


@attrs.frozen
class FileChange:
    """A generated file that is another now: "added", "removed" or "changed", with its lines."""

    what: str
    added: int
    removed: int


@attrs.frozen(kw_only=True)
class Report:
    """The changes of the API and of the generated code, the generated files, and what to know besides."""

    changes: tuple[Change, ...] = ()
    files: dict[str, FileChange] = attrs.field(factory=dict[str, FileChange])
    notes: tuple[str, ...] = ()

    @property
    def bump(self) -> Bump:
        """What the changes together ask of the version number."""
        return max((change.bump for change in self.changes), default=Bump.NONE)

    def as_text(self) -> str:
        """Return the report in Markdown, to be pasted into release notes or a pull request."""
        lines = [f"# {self._title()}", ""]
        lines += [one_line(_line(change)) for change in self.changes] + [""] * bool(self.changes)
        lines += [_counted(self.files), ""]
        lines += [f"- `{name}` {file.what}, +{file.added} -{file.removed}" for name, file in self.files.items()]
        lines += [""] * bool(self.files) + [one_line(f"Note: {note}") for note in self.notes]
        return "\n".join(lines).rstrip() + "\n"

    def as_json(self) -> str:
        """Return the report as a JSON object."""
        rows = [
            {"id": change.id, **attrs.asdict(_Row.of(change)), "breaking": change.breaking} for change in self.changes
        ]
        files = {name: attrs.asdict(file) for name, file in self.files.items()}
        whole = {"bump": self.bump.name.lower(), "changes": rows, "files": files, "notes": list(self.notes)}
        return json.dumps(whole, indent=2) + "\n"

    def write_fragments(self, folder: Path) -> None:
        """Write a fragment of the changelog for each change, as towncrier reads them."""
        folder.mkdir()
        for change in self.changes:
            path = folder / f"+{change.id}.{_TYPES[change.bump]}.md"
            path.write_text(one_line(change.words) + "\n", encoding="utf-8", newline="\n")

    def _title(self) -> str:
        if not self.changes:
            return "The API is as it was"
        breaking = sum(change.breaking for change in self.changes)
        count = f"{len(self.changes)} change{'s' if len(self.changes) > 1 else ''}"
        return f"{count}{f', {breaking} breaking' if breaking else ''}: a {self.bump.name.lower()} release"


@attrs.frozen
class _Row:
    rule: str
    words: str
    bump: str
    places: tuple[str, ...]

    @classmethod
    def of(cls, change: Change) -> _Row:
        return cls(change.rule, change.words, change.bump.name.lower(), change.places)


def _line(change: Change) -> str:
    places = ", ".join(f"`{place}`" for place in change.places[:_SHOWN_PLACES])
    more = f" and {len(change.places) - _SHOWN_PLACES} more places" if len(change.places) > _SHOWN_PLACES else ""
    where = f" In {places}{more}." if places else ""
    return f"- **{'breaking' if change.breaking else change.bump.name.lower()}** {change.words}{where} [{change.id}]"


def _counted(files: dict[str, FileChange]) -> str:
    if not files:
        return "generated/ is as it was."
    added, removed = (sum(getattr(file, name) for file in files.values()) for name in ("added", "removed"))
    count = f"{len(files)} file{'s' if len(files) > 1 else ''}"
    return f"generated/: {count}, {added} lines added, {removed} removed."


def file_changes(new: Path, old: Path) -> dict[str, FileChange]:
    """Return the files that are not the same in both directories, with their lines."""
    after, before = tree.files(new), tree.files(old)
    found: dict[str, FileChange] = {}
    for name in sorted(after.keys() | before.keys()):
        if after.get(name) != before.get(name):
            what = "added" if name not in before else "removed" if name not in after else "changed"
            found[name] = FileChange(what, *_lines(before.get(name, b""), after.get(name, b"")))
    return found


def _lines(before: bytes, after: bytes) -> tuple[int, int]:
    old, new = before.decode().splitlines(), after.decode().splitlines()
    edits = [
        edit for edit in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if edit[0] != "equal"
    ]
    return sum(edit[4] - edit[3] for edit in edits), sum(edit[2] - edit[1] for edit in edits)
