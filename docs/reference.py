"""Write docs/plugins/reference.md from the contract's own words: `python -m docs.reference`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import attrs

import openrouter_stt
from openrouter_stt import (
    PCM,
    APIStatusError,
    Attempt,
    Audio,
    Call,
    Client,
    Event,
    Failure,
    HookSpecs,
    STTError,
    Transcription,
    Usage,
    hookimpl,
)
from openrouter_stt._cli.plugins.hooks import Hook
from openrouter_stt._markers import Wanted
from openrouter_stt._registry import contracts

PLACE: Final = Path(__file__).parent / "plugins" / "reference.md"
VALUES: Final = (Call, Attempt, Failure, Transcription, Usage, Audio, PCM)
POLICIES: Final = {
    "raise": "raise: it ends the call, its type unchanged, with a note that names plugin and hook.",
    "isolate": "isolate: its type is logged, and the call goes on without the plugin; `Client(strict=True)` raises it.",
}
RETURNS: Final = {
    "around": "`{returns}`: what `proceed` returned, a `replace()` of it, or one of its own. Not None.",
    "pipe": "`{returns}`: what the next plugin gets; None leaves it as it is.",
    "first": "`{returns}`: the answer, and no other plugin is asked; None leaves it to the others.",
    "all": "nothing.",
}
HEAD: Final = """\
<!-- Written by `python -m docs.reference` from the code. Do not edit. -->

# Reference

Every hook in the order of a call, what hooks receive, and the errors. All names are imported from `openrouter_stt`.
What a plugin has to keep is in [rules.md](rules.md).
"""
PROCEED: Final = """\
`Proceed` is `Callable[[Call], Coroutine[Any, Any, Transcription]]`, `ProceedAttempt` the same of an `Attempt`. `STOP`,
the one value of the type `Stop`, is for `retry`.
"""
RAISING: Final = """\
A plugin raises one of these, or a class of its own derived from one. `APIError`s alone go to `retry` and `fallback`.
Each status that the API documents has a class derived from `APIStatusError`, such as `TooManyRequestsError` for 429 and
`ServiceUnavailableError` for 503; `dir(openrouter_stt)` lists them, and `help()` of one says its status. They take the
arguments of `APIStatusError`, `status` too.
"""


class UndocumentedError(Exception):
    """Something public has no words."""


def reference() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_plugins(), *_hooks(), *_values(), *_events(), *_errors(), *_clients()])


def _plugins() -> Iterator[str]:
    yield "## Plugins\n"
    yield f"{inspect.getdoc(HookSpecs)}\n"
    yield f"`hookimpl{_signature(hookimpl)}`\n"
    yield f"{inspect.getdoc(hookimpl)}\n"
    yield f"`Wanted` is `{Wanted}`.\n"


def _hooks() -> Iterator[str]:
    hooks = [Hook.named(name) for name in contracts()]
    yield "## Hooks\n"
    yield "| hook | kind | an error is | |\n|---|---|---|---|"
    policies = {"raise": "raised", "isolate": "isolated"}
    for hook in hooks:
        first = " ".join(hook.words.partition("\n\n")[0].split())
        yield f"| [`{hook.name}`](#{hook.name}) | {hook.kind} | {policies[hook.on_error]} | {first} |"
    yield f"\n{PROCEED}"
    for hook in hooks:
        yield from _hook(hook)


def _hook(hook: Hook) -> Iterator[str]:
    if not (hook.words and hook.example):
        raise UndocumentedError(f"the hook {hook.name} has no words or no example")
    arguments = [f"`{each.name}`: {_linked(each.type)}" for each in hook.arguments]
    yield f"### {hook.name}\n"
    prefix = "async def" if hook.kind == "around" else "def"
    yield f"```py\n{prefix} {hook.head}\n```\n"
    yield f"{hook.words}\n"
    yield f"- Kind: {hook.kind}."
    yield f"- Gets: {', '.join(arguments) or 'nothing'}."
    yield f"- Returns: {RETURNS[hook.kind].format(returns=hook.returns.removesuffix(' | None'))}"
    yield f"- An error: {POLICIES[hook.on_error]}\n"
    yield f"```py\n{hook.example}\n```\n"


def _values() -> Iterator[str]:
    yield "## Values\n"
    yield "All are frozen and made with keyword arguments; `replace(**changes)` returns a changed copy.\n"
    for value in VALUES:
        yield from _class(value)


def _events() -> Iterator[str]:
    yield "## Events\n"
    yield "None holds audio, text or the key, and the `repr` of one shows an error by its type alone.\n"
    for name in _of_kind(Event):
        yield from _class(getattr(openrouter_stt, name))


def _class(kind: type) -> Iterator[str]:
    words, attributes = described(kind)
    yield f"### {kind.__name__}\n"
    yield f"{words}\n"
    for field in attrs.fields(kind):
        if not field.inherited and not field.name.startswith("_"):
            if not attributes.get(field.name):
                raise UndocumentedError(f"{kind.__name__}.{field.name} is not in its docstring")
            default = "" if field.default is attrs.NOTHING else f" = {_default(field.default)}"
            yield f"- `{field.name}: {field.type}{default}`: {attributes[field.name]}"
    yield from _members(kind)
    if len(attrs.fields(kind)) > len(attrs.fields(Event)) or kind is Event:
        yield ""


def described(thing: object, section: str = "Attributes") -> tuple[str, Mapping[str, str]]:
    """Cut a docstring into its words and those of its attributes, arguments or errors."""
    text = inspect.getdoc(thing) or ""
    words = re.split(r"\n\n\w+:\n", text, maxsplit=1)[0]
    lines = text.partition(f"\n\n{section}:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^    ([\w*]+): (.*(?:\n {8}.*)*)", lines, re.MULTILINE)
    return words, {name: " ".join(text.split()) for name, text in found}


def _default(default: Any) -> object:
    return "{}" if isinstance(default, attrs.Factory) else repr(default)  # type: ignore[arg-type]  # a class, at runtime


def _members(kind: type) -> Iterator[str]:
    """Tell of the properties and methods of a value, those that it inherits last."""
    fields = {field.name for field in attrs.fields(kind)}
    seen: set[str] = set()
    for owner in kind.__mro__[:-1]:
        for name, member in vars(owner).items():
            if name.startswith("_") or name in fields | seen or issubclass(Event, owner):
                continue
            seen.add(name)
            words, _, more = (inspect.getdoc(member) or "").partition("\n\n")
            if not words:
                raise UndocumentedError(f"{kind.__name__}.{name} has no docstring")
            yield f"- `{_head(kind, name, member)}`: {' '.join(f'{words} {more}'.split())}"


def _head(kind: type, name: str, member: Any) -> str:
    if isinstance(member, property):
        return f"{name}: {member.fget.__annotations__['return']}"
    if isinstance(member, classmethod):
        return f"{kind.__name__}.{name}{_signature(getattr(kind, name))}"
    prefix = "await " if inspect.iscoroutinefunction(member) else ""
    return f"{prefix}{name}{_signature(member)}"


def _errors() -> Iterator[str]:
    yield "## Errors\n"
    yield RAISING
    for name in _of_kind(STTError):
        error: type[STTError] = getattr(openrouter_stt, name)
        if APIStatusError in error.__bases__:
            continue  # they follow from the API's document, and a change of that is no change of this page
        depth = len(error.__mro__) - len(STTError.__mro__)
        own = isinstance(vars(error).get("__init__"), FunctionType)
        words = " ".join((inspect.getdoc(error) or "").split())
        yield f"{'  ' * depth}- `{name}{_signature(error.__init__) if own else ''}`: {words}"


def _clients() -> Iterator[str]:
    yield "\n## Clients\n"
    yield "`Client` and `AsyncClient` take the same arguments; of the latter `transcribe` and `close` are awaited.\n"
    for head, function in (("Client", Client.__init__), ("transcribe", Client.transcribe)):
        yield f"`{head}{_signature(function)}`\n"
        yield f"{described(function)[0]}\n"
        yield from (f"- `{name}`: {words}" for name, words in described(function, "Args")[1].items())
        yield from (f"- Raises `{name}`: {words}" for name, words in described(function, "Raises")[1].items())
        yield ""


def _of_kind(base: type) -> list[str]:
    """Name the public classes of a base, itself first, in the order in which they are written."""
    own = [base.__name__] if getattr(openrouter_stt, base.__name__, None) is base else []
    derived: list[type] = base.__subclasses__()
    return [*own, *(name for each in derived for name in _of_kind(each))]


def _signature(function: Any) -> str:
    """Write a signature without self, and its annotations without quotes."""
    signature = inspect.signature(function)
    parameters = [each for name, each in signature.parameters.items() if name != "self"]
    text = str(signature.replace(parameters=parameters))
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", text).removesuffix(" -> None")
    return text.replace("collections.abc.", "").replace("typing.", "")


def _linked(kind: str) -> str:
    documented = {value.__name__ for value in (*VALUES, Event)}
    return f"[`{kind}`](#{kind.lower()})" if kind in documented else f"`{kind}`"


if __name__ == "__main__":
    PLACE.write_text(reference(), encoding="utf-8")
