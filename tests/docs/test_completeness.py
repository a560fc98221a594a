"""Nothing is missing on the pages: hooks, values, arguments, checks, fixtures, plugins."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from importlib.metadata import metadata
from pkgutil import iter_modules
from typing import Any

import attrs
import pytest

import openrouter_stt_plugins
import pytest_openrouter_stt
from docs import reference
from openrouter_stt import HookSpecs, testing
from openrouter_stt._plugins import BUILTINS
from openrouter_stt.testing import conformance
from openrouter_stt.testing._checks import CHECKS
from tests.support.pages import NAMES, PAGES

INDEX = (PAGES / "README.md").read_text("utf-8")
TESTING = (PAGES / "testing.md").read_text("utf-8")
TRANSPORT_OF_HTTPX = {"close", "aclose"}


def plugins() -> list[tuple[str, type]]:
    """List the first-party plugins, each with its module's name."""
    names = sorted(module.name for module in iter_modules(openrouter_stt_plugins.__path__) if module.name[0] != "_")
    modules = [import_module(f"openrouter_stt_plugins.{name}") for name in names]
    return [
        (name, kind)
        for name, module in zip(names, modules, strict=True)
        for kind in vars(module).values()
        if inspect.isclass(kind) and kind.__module__ == module.__name__ and issubclass(kind, HookSpecs)
    ]


def rows(text: str) -> list[str]:
    """Return the names in the first column of the tables."""
    return re.findall(r"^\| `\*?(\w+)` \|", text, re.MULTILINE)


def test_reference_is_what_the_code_says() -> None:
    """`python -m docs.reference` would change nothing."""
    assert reference.PLACE.read_text("utf-8") == reference.reference()


@attrs.frozen
class Silent:
    """Tells of one of its attributes.

    Attributes:
        told: Is told of.
    """

    told: str
    untold: str


def test_reference_needs_words() -> None:
    """An attribute that no docstring mentions is refused, so that it is documented with the change that adds it."""
    with pytest.raises(reference.UndocumentedError, match=r"Silent\.untold is not in its docstring"):
        list(reference._class(Silent))


@pytest.mark.parametrize(("module", "kind"), dict.fromkeys(plugins()))
def test_arguments_are_on_the_page(module: str, kind: type) -> None:
    """Each plugin has a page, or a section of one for several, with a row for each argument, in order."""
    is_built_in = f"openrouter_stt_plugins.{module}" in BUILTINS.values()
    text = (PAGES / f"{'built-in' if is_built_in else module}.md").read_text("utf-8")
    if is_built_in or len([each for each, _ in plugins() if each == module]) > 1:
        text = text.partition(f"## {kind.__name__}\n")[2].partition("\n## ")[0]
    assert text
    assert rows(text) == list(inspect.signature(kind).parameters)


def test_all_plugins_are_in_the_index() -> None:
    """Each with the extras that there are."""
    built_in = {place.rpartition(".")[2] for place in BUILTINS.values()}
    assert re.findall(r"^\| \[`(\w+)`\]", INDEX, re.MULTILINE) == sorted({name for name, _ in plugins()} - built_in)
    assert all(f"`{name}`" in INDEX for name in built_in)
    extras = set(re.findall(r"\| `([\w-]+)`[^|]*\|$", INDEX, re.MULTILINE))
    assert extras < {*metadata("openrouter-stt").get_all("Provides-Extra", [])}


def test_all_pages_are_in_the_index() -> None:
    assert set(re.findall(r"\(([\w-]+)\.md\)", INDEX)) == {*NAMES} - {"README"}


def test_all_checks_are_described() -> None:
    """In the order in which they are made, on the page and in the docstring of `conformance`."""
    assert rows(TESTING.partition("### What is checked")[2].partition("\n## ")[0]) == [*CHECKS]
    assert re.findall(r"^- (\w+): ", inspect.getdoc(conformance) or "", re.MULTILINE) == [*CHECKS]


def test_all_of_the_kit_is_described() -> None:
    """Each public name, the attributes and methods of each class, and each argument of `conformance`."""
    for name in testing.__all__:
        assert re.search(rf"`(Answer\.)?{name}\b", TESTING), name
        kind: Any = getattr(testing, name)
        if inspect.isclass(kind):
            for member in vars(kind).keys() - TRANSPORT_OF_HTTPX:
                assert member.startswith("_") or re.search(rf"\b{member}\b", TESTING), f"{name}.{member}"
    arguments = TESTING.partition("| argument |")[2].partition("### What")[0]
    assert rows(arguments) == list(inspect.signature(conformance).parameters)


def test_all_fixtures_are_described() -> None:
    """Those that pytest finds by itself."""
    fixtures = [name for name in vars(pytest_openrouter_stt) if name.startswith("stt_")]
    assert sorted(rows(TESTING.partition("## Fixtures")[2])) == sorted(fixtures)
