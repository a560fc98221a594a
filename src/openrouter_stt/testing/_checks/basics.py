"""A call with the plugin in it."""

from __future__ import annotations

from collections.abc import Iterator

from ..._plugins import BUILTINS, builtins
from ..._registry import marked
from .._answers import Answer
from .._case import Case, said


def transcribes(case: Case, world: str) -> Iterator[str]:
    """A call with the plugin is answered."""
    with case.client(world) as driver:
        outcome = case.outcome(driver)
    if outcome.error is not None:
        yield f"a call fails with {said(outcome.error)}; give conformance(...) the model, sources and answer it needs"


def neighbours(case: Case, world: str) -> Iterator[str]:
    """Beside it the built-in plugins still do their work: retries, encoding, the cache."""
    yield from _shadowed(case)
    tried: list[object] = []

    def busy(request: object) -> Answer:
        tried.append(request)
        return Answer.error(503)

    cache = None if case.name == "cache" else "memory"
    with case.client(world, transport=case.transport(busy), cache=cache) as driver:
        first = case.outcome(driver)
        again = case.outcome(driver)
    if first.error is not None and tried:
        yield (
            f"a busy server is not asked again, the call fails with {said(first.error)}; return None from retry and "
            "fallback where the plugin has no opinion"
        )
    elif first.kind != again.kind or (first.result and again.result and first.result.text != again.result.text):
        yield f"the same call again gives another text, or {again}; let finish(...) edit, so that the edited is kept"


def _shadowed(case: Case) -> Iterator[str]:
    """Tell of a built-in plugin that goes missing."""
    for builtin in builtins():
        missing = [hook for hook in marked(builtin.target) if hook not in case.hooks]
        if builtin.name == case.name and missing:
            yield (
                f"its name is that of the built-in plugin {builtin.name!r}, which it replaces without the hook "
                f"{missing[0]}; name it otherwise (built-in names: {', '.join(BUILTINS)}, cache)"
            )
