"""`openrouter-stt plugins hooks`: the contract of a plugin, read from its one module."""

from __future__ import annotations

import inspect
import json
import shutil
import textwrap
from difflib import get_close_matches

import attrs
import click

from ..._hookspecs import HookSpecs
from ..._registry import contracts
from ..report import write_line
from .listing import as_json_option

_EXAMPLE, _KIND = "Example::\n", "\n\nKind: "


@attrs.frozen
class Argument:
    """An argument of a hook."""

    name: str
    type: str


@attrs.frozen
class Hook:
    """A hook as its specification describes it."""

    name: str
    kind: str
    on_error: str
    arguments: list[Argument]
    returns: str
    words: str
    example: str

    @classmethod
    def named(cls, name: str) -> Hook:
        """Read the specification of a hook."""
        specification = getattr(HookSpecs, name)
        signature = inspect.signature(specification)
        contract, arguments = contracts()[name]
        words, _, example = (inspect.getdoc(specification) or "").partition(_EXAMPLE)
        return cls(
            name=name,
            kind=contract.kind,
            on_error=contract.on_error,
            arguments=[Argument(each, str(signature.parameters[each].annotation)) for each in arguments],
            returns=str(signature.return_annotation),
            words=words.strip(),
            example=textwrap.dedent(example.partition(_KIND)[0]).strip(),
        )

    @property
    def head(self) -> str:
        arguments = ", ".join(f"{each.name}: {each.type}" for each in self.arguments)
        return f"{self.name}({arguments}) -> {self.returns}"


@click.command("hooks")
@click.argument("name", required=False)
@as_json_option
def hooks_command(name: str | None, as_json: bool) -> None:
    """Explain the hooks of a plugin in the order in which a call passes them; with NAME one, and its example.

    \b
    Kinds, and how several plugins share a hook:
      first   asked in turn; the first answer that is not None counts
      pipe    each gets what the one before returned; None leaves it as it is
      all     each is told; what they return is ignored
      around  async def with proceed, one inside the other

    An error in a hook is raised, or isolated: logged, and the call goes on.
    """
    if name is not None and name not in contracts():
        close = get_close_matches(name, contracts(), 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(contracts())}"
        raise click.BadParameter(f"there is no hook {name!r}; {hint}", param_hint="NAME")
    hooks = [Hook.named(each) for each in ([name] if name else contracts())]
    if as_json:
        document = [attrs.asdict(hook) for hook in hooks]
        write_line(json.dumps(document[0] if name else document, indent=2))
    elif name:
        _write_one(hooks[0])
    else:
        for hook in hooks:
            _write_in_short(hook)


def _write_in_short(hook: Hook) -> None:
    write_line(hook.head)
    write_line(f"    {hook.kind}, an error: {hook.on_error}")
    write_line(_wrapped(hook.words.partition("\n\n")[0]))
    write_line("")


def _write_one(hook: Hook) -> None:
    write_line(hook.head)
    write_line(f"    {hook.kind}, an error: {hook.on_error}")
    for paragraph in hook.words.split("\n\n"):
        write_line("")
        write_line(_wrapped(paragraph))
    write_line("")
    write_line(textwrap.indent(hook.example, "    "))


def _wrapped(text: str) -> str:
    width = min(shutil.get_terminal_size().columns, 100)
    return textwrap.fill(" ".join(text.split()), width, initial_indent="    ", subsequent_indent="    ")
