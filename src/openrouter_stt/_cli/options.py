"""The options of the API as options of the command line, made from the table that the spec gives."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from typing import Any, Final

import click

from .._wire import Option


def json_value(text: str) -> Any:
    """Parse JSON given on the command line. Raises `click.BadParameter` with the place of the mistake."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"not JSON: {error}; quote it for the shell, such as '{{\"a\": 1}}'") from None


_TYPES: Final[dict[str, Any]] = {"string": str, "integer": int, "number": float, "json": json_value}


class SpecOption(click.Option):
    """An option of the API; what it is given is put under the spec's name into the context's dict."""

    def __init__(self, option: Option, flag: str) -> None:
        is_switch = option.kind == "boolean"
        has_choices = option.kind == "string" and option.choices
        super().__init__(
            [f"--{flag}/--no-{flag}" if is_switch else f"--{flag}", re.sub(r"\W", "_", f"api_{option.name}")],
            type=click.Choice(option.choices) if has_choices else _TYPES.get(option.kind),
            metavar="JSON" if option.kind == "json" else None,
            default=None,
            help=option.description,
            expose_value=False,
            callback=self._keep,
        )
        self.field = option.name

    @staticmethod
    def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
        if value is not None and isinstance(param, SpecOption):
            ctx.ensure_object(dict)[param.field] = value


def spec_options(options: Iterable[Option], taken: Collection[str]) -> list[SpecOption]:
    """Make an option for each of the spec's; where its flag is `taken` by one of ours, `--api-` goes before it."""
    made: list[SpecOption] = []
    for option in options:
        flag = option.name.replace("_", "-")
        made.append(SpecOption(option, f"api-{flag}" if f"--{flag}" in taken else flag))
    return made
