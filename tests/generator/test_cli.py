"""The two commands, run on copies."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from generator.build import Project
from generator.cli import ROOT, main
from generator.document import parse
from generator.normalise import normalise
from generator.tree import files


def test_the_committed_code_follows_from_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    """This is the gate: `check` on the repository itself."""
    assert main(["check"]) == 0, capsys.readouterr().out


def test_check_names_every_file_that_differs(committed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Edited, missing and added files are told apart; compiled modules do not count."""
    package = committed / "generated" / "openrouter_stt_api"
    (package / "types.py").write_text("edited", encoding="utf-8")
    (package / "client.py").unlink()
    (package / "models" / "more.py").touch()
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "types.pyc").touch()
    assert main(["check"], root=committed) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["client.py: is missing", "models/more.py: is extra", "types.py: differs"]


def test_sync_writes_the_document_as_published(project: Project, page: Path) -> None:
    """The document is the text of the page's block, and the package can be checked at once."""
    assert main(["sync", str(page)], root=project.root) == 0
    assert project.document.read_text(encoding="utf-8") in page.read_text(encoding="utf-8")
    assert main(["check"], root=project.root) == 0


def test_sync_tells_what_it_changed(project: Project, page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new status is a changed module of errors; nothing changed is said as well."""
    main(["sync", str(page)], root=project.root)
    capsys.readouterr()
    main(["sync", str(page)], root=project.root)
    assert capsys.readouterr().out == "generated/ is as it was\n"
    text = page.read_text(encoding="utf-8").replace('"529":', '"530":')
    page.write_text(text, encoding="utf-8")
    main(["sync", str(page)], root=project.root)
    assert "errors.py: changed\n" in capsys.readouterr().out


def test_a_page_and_its_document_give_the_same(project: Project, page: Path, tmp_path: Path) -> None:
    """It does not matter in which form the document is published, JSON included."""
    main(["sync", str(page)], root=project.root)
    first = files(project.package)
    as_json = tmp_path / "spec.json"
    as_yaml = project.document.read_text(encoding="utf-8")
    as_json.write_text(json.dumps(parse(as_yaml, "x")), encoding="utf-8")
    main(["sync", str(as_json)], root=project.root)
    assert files(project.package) == first


def test_another_way_of_writing_changes_nothing(committed: Path, tmp_path: Path) -> None:
    """Every `nullable` as a type array is a large change of the document and none of the client."""
    before = files(committed / "generated")
    document = parse((committed / "openapi.yaml").read_text(encoding="utf-8"), "openapi.yaml")
    source = tmp_path / "rewritten.json"
    source.write_text(json.dumps(normalise(document)), encoding="utf-8")
    assert main(["sync", str(source)], root=committed) == 0
    assert files(committed / "generated") == before


def test_the_module_is_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m generator` without a command explains itself."""
    monkeypatch.setattr("sys.argv", ["generator"])
    with pytest.raises(SystemExit, match="2"):
        runpy.run_module("generator", run_name="__main__")


def test_a_refusal_leaves_everything_as_it_was(committed: Path, page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line on standard error, status 2, and not a byte changed."""
    before = files(committed)
    page.write_text(page.read_text(encoding="utf-8").replace("text: {", "to_dict: {"), encoding="utf-8")
    assert main(["sync", str(page)], root=committed) == 2
    assert files(committed) == before
    error = capsys.readouterr().err
    assert error.startswith("refused: ")
    assert error.count("\n") == 1


def test_the_published_page_is_what_is_committed(committed: Path) -> None:
    """Syncing from the committed document changes nothing, not even the document."""
    before = files(committed)
    assert main(["sync", str(ROOT / "openapi.yaml")], root=committed) == 0
    assert files(committed) == before


def test_a_new_provider_is_one_line(committed: Path) -> None:
    """The most frequent change of the API touches one file, by one line."""
    package = committed / "generated" / "openrouter_stt_api"
    before = files(package)
    spec = committed / "openapi.yaml"
    entry = "          additionalProperties:\n            nullable: true\n          type: object\n"
    old, new = "        01ai:\n", f"        a/new-one:\n{entry}        01ai:\n"
    spec.write_text(spec.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert main(["sync", str(spec)], root=committed) == 0
    after = files(package)
    assert [name for name in after if after[name] != before.get(name)] == ["providers.py"]
    added = set(after["providers.py"].splitlines()) - set(before["providers.py"].splitlines())
    assert added == {b'        "a/new-one",'}
