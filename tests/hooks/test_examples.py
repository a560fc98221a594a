"""The examples in the contract are hooks that a client takes."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

import pytest

from openrouter_stt import Client, HookSpecs, hookimpl
from openrouter_stt._registry import contracts


def example(hook: str) -> str:
    """Return the code behind "Example::" in the docstring of a hook."""
    words = inspect.getdoc(getattr(HookSpecs, hook)) or ""
    code, _, _ = words.partition("Example::\n")[2].partition("\n\nKind: ")
    return textwrap.dedent(code)


@pytest.mark.parametrize("hook", contracts())
def test_example_is_taken(hook: str) -> None:
    """Each is a method of a plugin, with the right name and arguments."""
    body: dict[str, Any] = {"hookimpl": hookimpl}
    exec(example(hook), body)  # noqa: S102  our own docstring
    plugin = type("Example", (), {hook: body[hook]})
    with Client("key", plugins=[plugin], autoload=False) as client:
        assert client.plugins[0] == "Example"


@pytest.mark.parametrize("hook", contracts())
def test_help_tells_kind_and_policy(hook: str) -> None:
    contract, _ = contracts()[hook]
    words = inspect.getdoc(getattr(HookSpecs, hook)) or ""
    assert words.strip().endswith(f"Kind: {contract.kind}. An error: {contract.on_error}.")
