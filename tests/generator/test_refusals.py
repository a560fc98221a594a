"""What cannot be used is refused in one line that names the place, and not a byte is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.cli import REFUSED, main
from generator.tree import files

Edit = Callable[[str], str]
TYPES = "generated/openrouter_stt_api/types.py"
PARAMETER = "{name: user, in: query, required: true, schema: {type: string}}"
LANGUAGE = "        language:\n          description: ISO"


def _replaced(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


def _colliding(text: str) -> str:
    text = _replaced(USAGE, f"    STT_Usage: {{type: object, properties: {{a: {{type: string}}}}}}\n{USAGE}")(text)
    return _replaced(LANGUAGE, f"        other: {{$ref: '#/components/schemas/STT_Usage'}}\n{LANGUAGE}")(text)


def _cut(part: float) -> Edit:
    return lambda text: text[: int(len(text) * part)]


USAGE = "    STTUsage:\n"
DOCUMENTS: list[tuple[str, Edit, str]] = [
    ("an operation of ours is gone", _replaced("/audio/transcriptions:", "/speech:"), "post /audio/transcriptions"),
    ("a warning of the generator", _replaced("type: http", "type: https"), "securitySchemes"),
    ("a collision of names", _colliding, "STT_Usage"),
    ("an invalid document", _replaced("operationId: ", "operationId: 7 #"), "not valid OpenAPI"),
    ("a key twice", _replaced(USAGE, f"    STTUsage: {{type: object}}\n{USAGE}"), 'duplicate key "STTUsage"'),
    (
        "an overlay that matches nothing",
        _replaced("        usage:\n          $ref", "        used:\n          $ref"),
        "usage.yaml",
    ),
    (
        "a required field that nobody gives",
        _replaced("      - input_audio\n", "      - input_audio\n      - language\n"),
        "language",
    ),
    (
        "a required parameter",
        _replaced("      operationId:", f"      parameters: [{PARAMETER}]\n      operationId:"),
        "'user'",
    ),
    ("a reference to nothing", _replaced("/schemas/STTInputAudio'", "/schemas/Absent'"), "Absent"),
    ("another kind of document", _replaced("openapi: 3.1.0", "swagger: '2.0'"), "openapi: 3"),
    ("a document cut in a line", _cut(0.777), "the document was cut off"),
    ("a document cut at its half", _cut(0.5), "the document was cut off"),
    ("HTML", lambda text: "<!doctype html><html><body>Sign in</body></html>", "HTML"),
    ("nothing", lambda text: "", "empty"),
]


@pytest.mark.parametrize(("edit", "words"), [row[1:] for row in DOCUMENTS], ids=[row[0] for row in DOCUMENTS])
def test_a_document_that_cannot_be_used(
    committed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], edit: Edit, words: str
) -> None:
    """Sync and diff refuse it alike."""
    source = tmp_path / "new.yaml"
    source.write_text(edit((committed / "openapi.yaml").read_text(encoding="utf-8")), encoding="utf-8")
    before = files(committed)
    for command in ("sync", "diff"):
        assert main([command, str(source)], root=committed) == REFUSED
        error = capsys.readouterr().err
        assert error.startswith("refused: ")
        assert error.count("\n") == 1
        assert words in error
    assert files(committed) == before


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("# Title\n\n```yaml\n{document}", "line 3: the block opened here is never closed"),
        ("```yaml\n{document}```\n\n```yaml\n{document}```\n", "both begin an OpenAPI block"),
        ("# Title\n\nNo block.\n", "no fenced"),
        ("<html>\n```yaml\n{document}```\n", "HTML"),
    ],
)
def test_a_page_that_cannot_be_used(
    committed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], page: str, words: str
) -> None:
    """The line is named."""
    source = tmp_path / "page.md"
    source.write_text(page.replace("{document}", (committed / "openapi.yaml").read_text(encoding="utf-8")))
    before = files(committed)
    assert main(["sync", str(source)], root=committed) == REFUSED
    assert words in capsys.readouterr().err
    assert files(committed) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda root: (root / TYPES).write_text("x = 1\n"), f"{TYPES}: edited by hand"),
        (lambda root: (root / "generated/more.py").touch(), "generated/more.py: edited by hand"),
        (lambda root: (root / TYPES).unlink(), f"{TYPES}: edited by hand"),
        (lambda root: (root / "generated/lock.json").unlink(), "lock.json: missing"),
        (lambda root: (root / "generated/lock.json").write_text("{}"), "lock.json: cannot be read"),
        (lambda root: (root / "openapi.yaml").unlink(), "openapi.yaml: absent"),
    ],
)
def test_a_tree_that_was_edited_by_hand(
    committed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Path], object], words: str
) -> None:
    """An edit would be lost without a word; it belongs to an overlay or a template."""
    source = tmp_path / "new.yaml"
    source.write_bytes((committed / "openapi.yaml").read_bytes())
    change(committed)
    before = files(committed)
    assert main(["sync", str(source)], root=committed) == REFUSED
    assert words in capsys.readouterr().err
    assert files(committed) == before


def test_a_first_sync_needs_a_source(committed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is no lock that could know one, and nothing to be checked."""
    for path in (committed / "generated").rglob("*"):
        path.unlink() if path.is_file() else None
    (committed / "generated").rename(committed / "aside")
    assert main(["sync"], root=committed) == REFUSED
    assert "no SOURCE" in capsys.readouterr().err
    assert main(["check"], root=committed) == REFUSED
    assert "run sync first" in capsys.readouterr().err
