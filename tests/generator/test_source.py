"""Where a document may be, how it is read from there, and how a lock names it."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from generator.refusal import Refusal
from generator.source import from_lock, read, recorded

SPEC = "openapi: 3.1.0\ninfo: {}\n"
PAGE = f"# Title\n```yaml\n{SPEC}```\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.md", PAGE),
        ("page.MDX", PAGE.replace("\n", "\r\n")),
        ("page.markdown", PAGE.replace("\n", "\r")),
        ("spec.yaml", "\ufeff" + SPEC),
        ("spec.YML", SPEC),
        ("spec", SPEC),
        ("page.txt", PAGE),
    ],
)
def test_pages_and_documents_are_read_from_files(tmp_path: Path, name: str, content: str) -> None:
    """Line ends and a byte order mark do not matter; the content decides where the name does not."""
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", newline="")
    assert read(str(path), largest=1000).text == SPEC


def test_refusals_know_the_block_of_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of the document are counted from the first of the block."""
    (tmp_path / "page.md").write_text(PAGE)
    monkeypatch.chdir(tmp_path)
    assert read("page.md", largest=1000).name == "page.md (the block at line 3)"


def test_a_document_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hyphen names it, as everywhere."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SPEC.encode())))
    found = read("-", largest=1000)
    assert (found.text, found.name) == (SPEC, "standard input")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("absent.yaml", "absent.yaml: cannot be read: No such file"),
        (".", "no regular file"),
        ("pipe", "no regular file; name one, or give the document on standard input"),
        ("large.yaml", "more than 50 bytes, the largest_document of generator/config.toml"),
        ("latin.yaml", "byte 2 is not UTF-8"),
        ("nul\0.yaml", "no path: .*embedded null"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str, words: str) -> None:
    """At once, and before more than the limit is read."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large.yaml").write_bytes(b"#" * 51)
    (tmp_path / "latin.yaml").write_bytes(b"ab\xff")
    with pytest.raises(Refusal, match=words):
        read(f"{tmp_path}/{name}", largest=50)


def test_a_name_cannot_forge_lines_of_a_terminal(tmp_path: Path) -> None:
    """Line ends and escape sequences in a path are blanks in a refusal."""
    with pytest.raises(Refusal) as refused:
        read(f"{tmp_path}/a\n\x1b[2J.yaml", largest=50)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("https://example.org/a.md?b=c", "https://example.org/a.md?b=c"),
        ("{root}/docs/page.md", "docs/page.md"),
        ("{root}/../else/page.md", "../else/page.md"),
    ],
)
def test_a_lock_names_paths_by_their_way_from_the_root(tmp_path: Path, source: str, name: str) -> None:
    """So a lock is the same wherever the project lies, and gives back what was read."""
    given = source.format(root=tmp_path)
    assert recorded(given, tmp_path) == name
    assert from_lock(name, tmp_path) == os.path.normpath(given) if "root" in source else given


def test_a_relative_path_is_one_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not the root's, where the tool is run from elsewhere."""
    monkeypatch.chdir(tmp_path)
    assert recorded("page.md", tmp_path / "root") == "../page.md"


def test_standard_input_cannot_be_read_again(tmp_path: Path) -> None:
    """The lock remembers that it was used, and asks for another source."""
    assert recorded("-", tmp_path) == "-"
    with pytest.raises(Refusal, match="came from standard input the last time; name a source"):
        from_lock("-", tmp_path)


@pytest.mark.parametrize(
    ("given", "name"),
    [("page.md", "https://a.test/b"), ("-", "https://a.test/b"), ("https://c.test/d", "https://c.test/d")],
)
def test_a_file_stands_for_the_address_that_is_remembered(tmp_path: Path, given: str, name: str) -> None:
    """It is a copy of what is there; another address takes its place."""
    assert recorded(given, tmp_path, "https://a.test/b") == name
