"""The published document as it is kept: the part that is used, always the same bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import build
from generator import published as form
from generator.document import parse, parse_openapi
from generator.project import Project
from tests.generator.conftest import PUBLISHED


def _part(project: Project, document: dict[str, Any]) -> str:
    return build.part(project, document, "published.yaml", "configured")


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


def test_every_form_gives_the_same_bytes(project: Project, published: dict[str, Any]) -> None:
    """YAML and JSON, whole and cut, in whichever order of keys."""
    kept = _part(project, published)
    assert _part(project, parse_openapi(json.dumps(published), "published.json")) == kept
    assert _part(project, parse_openapi(kept, "openapi.yaml")) == kept
    assert _part(project, _reversed(published)) == kept


def test_what_is_not_used_is_not_kept(project: Project, published: dict[str, Any]) -> None:
    """Other operations, their schemas and security schemes, and the list of all tags."""
    published["components"]["securitySchemes"]["other"] = {"type": "http", "scheme": "basic"}
    kept = parse(_part(project, published), "openapi.yaml")
    assert list(kept) == ["openapi", "info", "servers", "security", "paths", "components"]
    assert list(kept["paths"]) == ["/audio/transcriptions"]
    assert list(kept["components"]["securitySchemes"]) == ["key"]
    assert "Unused" not in kept["components"]["schemas"]


def test_what_an_operation_alone_asks_for_is_kept(project: Project, published: dict[str, Any]) -> None:
    """A security scheme that only our operation names, and a component whose name has a slash."""
    published["components"]["securitySchemes"]["own"] = {"type": "http", "scheme": "basic"}
    published["components"]["schemas"]["a/b"] = {"type": "string"}
    published["paths"]["/audio/transcriptions"]["post"]["security"] = [{"own": []}]
    published["components"]["schemas"]["Answer"]["properties"]["x"] = {"$ref": "#/components/schemas/a~1b"}
    kept = parse(_part(project, published), "openapi.yaml")["components"]
    assert set(kept["securitySchemes"]) == {"key", "own"}
    assert "a/b" in kept["schemas"]


def test_what_only_an_overlay_needs_is_kept(project: Project, published: dict[str, Any]) -> None:
    """Else the overlay would lead nowhere when the kept document is read again."""
    folder = project.root / "generator" / "overlays"
    folder.mkdir()
    target = "$.components.schemas.Answer.properties"
    update = {"more": {"$ref": "#/components/schemas/Unused"}}
    overlay = {"overlay": "1.0.0", "actions": [{"target": target, "update": update}]}
    (folder / "more.yaml").write_text(json.dumps(overlay), encoding="utf-8")
    kept = _part(project, published)
    assert "Unused" in kept
    assert "more" not in kept
    assert build.meaning(project, kept, "openapi.yaml", "configured")["components"]["schemas"]["Unused"]


@pytest.mark.parametrize(
    "word",
    ["no", "Yes", "~", "1_000", "0x1F", "12:30", "1e3", "2026-11-22", ".inf", "<<", "=", "", " a", "a\nb\n", "é"],
)
def test_both_versions_of_yaml_read_the_same(word: str) -> None:
    """Other tools read openapi.yaml as YAML 1.1, to which `no` is false and 12:30 a number."""
    document = {"openapi": "3.1.0", "info": {"title": word, word: word}}
    text = form.text(document)
    assert yaml.safe_load(text) == document == parse(text, "openapi.yaml")


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.recursive(st.text(max_size=8) | st.integers() | st.booleans(), lambda inner: st.lists(inner, max_size=3)))
def test_any_value_survives_being_written(value: Any) -> None:
    """Whatever line ends and odd characters stand in a description."""
    document = {"openapi": "3.1.0", "x": value}
    assert parse(form.text(document), "openapi.yaml") == document


@pytest.mark.parametrize("text", ["a\r\nb", "a\x85b", "\u2028", "a\rb\n", "\ufeff", "\x7f", "a\n \n b ", "\n"])
def test_any_end_of_a_line_survives(text: str) -> None:
    """YAML would read each as a plain one."""
    assert parse(form.text({"openapi": "3.1.0", "x": text}), "openapi.yaml")["x"] == text


def test_equal_parts_are_written_out() -> None:
    """An alias of YAML would tie schemas together that only happen to be equal."""
    shared = {"type": "string"}
    assert "&" not in form.text({"one": shared, "two": shared})


def test_the_small_document_is_unlike_its_kept_form(project: Project) -> None:
    """So that the tests above compare something."""
    assert _part(project, parse_openapi(PUBLISHED, "published.yaml")) != PUBLISHED
