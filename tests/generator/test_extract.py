"""What is taken for the published document, and what is refused, with its place."""

from __future__ import annotations

import pytest

from generator.extract import Kind, document
from generator.refusal import Refusal

SPEC = "openapi: 3.1.0\ninfo: {}\n"
BLOCK = f"````yaml /spec.yaml post /x\n{SPEC}````\n"
JSON = '{"openapi": "3.1.0"}'


@pytest.mark.parametrize(
    ("kind", "text", "line"),
    [
        ("page", f"# Title\n\n{BLOCK}\nMore words\n", 4),
        ("page", f"~~~yml\n{SPEC}~~~", 2),
        ("page", f"```python\nopenapi: 1\n```\n```yaml\nother: 1\n```\n{BLOCK}", 8),
        ("page", f"```yaml```\n{BLOCK}", 3),
        ("page", f"\u2028{BLOCK[:4]}\n{BLOCK}", 3),
        ("document", SPEC, 1),
        (None, f"Words\n{BLOCK}", 3),
        (None, f"# a comment\n---\n{SPEC}", 1),
        (None, f"components:\n  x: |\n    ```yaml\n{SPEC}", 1),
    ],
)
def test_the_document_is_taken_as_published(kind: Kind | None, text: str, line: int) -> None:
    """Words, other blocks and odd separators around a block do not matter; without a kind the content tells."""
    found, at = document(text, "a", kind)
    assert found.endswith(SPEC)
    assert at == line


@pytest.mark.parametrize("kind", ["document", None])
def test_json_needs_no_end_of_its_last_line(kind: Kind | None) -> None:
    """Where JSON is cut off, it tells by itself."""
    assert document(JSON, "a", kind) == (JSON, 1)


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("page", "<!DOCTYPE html><p>", "line 1: this is an HTML page"),
        ("document", "\n <html>", "line 1: this is an HTML page"),
        ("page", "# Words only\n", "no fenced yaml block"),
        (None, "", "empty"),
        ("page", "\n\n````yaml\nopenapi: 3.1.0\n```\n", "line 3: the block opened here is never closed"),
        (None, f"{BLOCK}\n{BLOCK}", "lines 1 and 6 both begin an OpenAPI block"),
        ("document", "openapi: 3.1.0\npaths: {}", "line 2: the last line has no end"),
    ],
)
def test_what_is_no_single_complete_document_is_refused(kind: Kind | None, text: str, words: str) -> None:
    """The refusal names the source and the place in it."""
    with pytest.raises(Refusal, match=words) as refused:
        document(text, "a.md", kind)
    assert str(refused.value).startswith("a.md: ")


def test_a_page_that_is_cut_anywhere_before_its_fence_closes_is_refused() -> None:
    """No part of a block passes for the whole of it."""
    for end in range(len(BLOCK) - 1):
        with pytest.raises(Refusal):
            document(BLOCK[:end], "a.md", "page")
