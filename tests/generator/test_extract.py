"""What is taken for the published document, and what is refused, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.extract import published
from generator.refusal import Refusal

SPEC = "openapi: 3.1.0\ninfo: {}\n"
BLOCK = f"````yaml /spec.yaml post /x\n{SPEC}````\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.md", f"# Title\n\n{BLOCK}\nMore words\n"),
        ("page.mdx", f"~~~yml\n{SPEC}~~~\n"),
        ("page.md", f"```python\nopenapi: 1\n```\n```yaml\nother: 1\n```\n{BLOCK}"),
        ("page.md", BLOCK.replace("\n", "\r\n")),
        ("page.md", "\ufeff" + BLOCK),
        ("spec.yaml", SPEC),
        ("spec.YML", SPEC),
    ],
)
def test_the_document_is_taken_as_published(tmp_path: Path, name: str, text: str) -> None:
    """Words, other blocks, line ends and a byte order mark around the document do not matter."""
    source = tmp_path / name
    source.write_text(text, encoding="utf-8", newline="")
    assert published(source) == SPEC


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("page.md", b"<!DOCTYPE html><p>", "line 1: this is an HTML page"),
        ("spec.yaml", b"\n <html>", "line 1: this is an HTML page"),
        ("page.md", b"# Words only\n", "no fenced yaml block"),
        ("page.md", b"\n\n````yaml\nopenapi: 3.1.0\n```\n", "line 3: the block opened here is never closed"),
        ("page.md", (BLOCK + "\n" + BLOCK).encode(), "lines 1 and 6 both begin an OpenAPI block"),
        ("page.txt", SPEC.encode(), "name a page"),
        ("page.md", b"ab\xff", "byte 2 is not UTF-8"),
    ],
)
def test_what_is_no_single_closed_block_is_refused(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """The refusal names the file and the place in it."""
    source = tmp_path / name
    source.write_bytes(content)
    with pytest.raises(Refusal, match=words) as refused:
        published(source)
    assert str(refused.value).startswith(f"{source}: ")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The operating system's reason is given."""
    with pytest.raises(Refusal, match="cannot be read: No such file"):
        published(tmp_path / "absent.md")
