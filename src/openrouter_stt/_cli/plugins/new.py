"""`openrouter-stt plugins new`: a distribution with one plugin, complete and tested."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from typing import Final

import click

from ..._installed import GROUP
from ..._plugins import BUILTINS
from ..._version import __version__
from ..report import write_line

PREFIX: Final = "openrouter-stt-"
SKELETONS: Final = {
    "finish": "leaves words out of every answer",
    "around_attempt": "spaces requests out",
    "encode_audio": "sends headerless samples as WAV",
    "cache": "keeps answers, so that they are paid for once",
}
_TRY: Final = (
    'python -m pip install "pip>=25.1"  # the first that knows groups',
    "pip install --editable . --group types",
    "pytest",
    "mypy",
    "pyright",
)
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@click.command("new")
@click.argument("name")
@click.option(
    "--hook",
    type=click.Choice([*SKELETONS]),
    default="finish",
    show_default=True,
    help="What the plugin is to begin with; cache stands for cache_get and cache_set.",
)
def new_command(name: str, hook: str) -> None:
    """Write a plugin into the new folder NAME: a distribution, typed and tested, to change and to publish.

    NAME is the plugin's, such as no-fillers; its distribution is then named openrouter-stt-no-fillers.
    """
    target, values = Path(name), _values(name.removeprefix(PREFIX), hook)
    if target.exists() or target.is_symlink():
        raise click.UsageError(f"{name} exists already; nothing was written")
    try:
        written = _written(target, hook, values)
    except OSError as error:
        raise click.UsageError(f"{name} cannot be written: {error.strerror}") from None
    for path in written:
        write_line(f"{name}/{path}")
    write_line("\nTry:")
    for command in (f"cd {name}", *_TRY):
        write_line(f"  {command}")


def _values(name: str, hook: str) -> dict[str, str]:
    """Return what is put into the templates. Raises `click.BadParameter` for a name that would not do."""
    plugin = "".join(part.capitalize() for part in name.split("-"))
    if not _NAME.fullmatch(name):
        raise click.BadParameter("take small letters, digits and hyphens, such as no-fillers", param_hint="NAME")
    if name in (*BUILTINS, "cache"):
        raise click.BadParameter(f"{name!r} is a built-in plugin, which it would replace", param_hint="NAME")
    if keyword.iskeyword(plugin) or plugin in _taken(hook) or plugin.startswith("Test"):  # pytest collects Test*
        raise click.BadParameter(f"its class would be named {plugin}, which is taken", param_hint="NAME")
    return {
        "name": name,
        "distribution": PREFIX + name,
        "module": (PREFIX + name).replace("-", "_"),
        "plugin": plugin,
        "does": SKELETONS[hook],
        "group": GROUP,
        "version": __version__,
    }


def _written(target: Path, hook: str, values: dict[str, str]) -> list[str]:
    """Write the files beside their place and move them there, so that there is all or nothing."""
    with TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
        folder = Path(scratch, "new")
        folder.mkdir()
        contents = dict(_contents(hook, values))
        for path, text in contents.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        folder.rename(target)
    return [*contents]


def _contents(hook: str, values: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Fill the templates, and yield each file's path with its text."""
    for folder, name, place in (
        ("common", "pyproject.toml", "pyproject.toml"),
        ("common", "README.md", "README.md"),
        ("common", "LICENSE", "LICENSE"),
        (hook, "plugin.py", f"{values['module']}/__init__.py"),
        ("common", "py.typed", f"{values['module']}/py.typed"),
        (hook, "test_plugin.py", f"tests/test_{values['module']}.py"),
    ):
        yield place, Template(_template(folder, name)).substitute(values)


def _taken(hook: str) -> set[str]:
    """Return the names that a skeleton imports, and those of its other classes."""
    source = _template(hook, "plugin.py") + _template(hook, "test_plugin.py")
    return set(re.findall(r"\w+", " ".join(re.findall(r"^(?:from .* import|class) (.*)", source, re.MULTILINE))))


def _template(folder: str, name: str) -> str:
    return (files("openrouter_stt._cli.plugins") / "template" / folder / f"{name}.in").read_text("utf-8")
