"""Options of the API become options of the command line, with no line written by hand."""

from __future__ import annotations

import inspect
from typing import Any, get_args

import click
import pytest
from click.testing import CliRunner

from openrouter_stt._cli.options import spec_options
from openrouter_stt._cli.transcribe import transcribe_command
from openrouter_stt._wire import OPTIONS, Option
from tests.cli.conftest import Run

MADE_UP = (
    Option("prompt", "string", "Names that are likely to be said.", ()),
    Option("best_of", "integer", "How many candidates.", ()),
    Option("temperature", "number", "How daring.", ()),
    Option("diarize", "boolean", "Whether to tell speakers apart.", ()),
    Option("words[]", "json", "What to boost.", ()),
    Option("detail", "string", "How much.", ("low", "high")),
    Option("cache", "string", "A name that is taken.", ()),
)


def parsed(*args: str) -> dict[str, Any]:
    """Parse arguments by a command that has the made-up options, and return what would be sent."""
    command = click.Command("x", params=[*spec_options(MADE_UP, {"--cache"})])
    context = command.make_context("x", list(args))
    return context.ensure_object(dict)


@pytest.mark.parametrize(
    ("args", "sent"),
    [
        ([], {}),
        (["--prompt", "Ada"], {"prompt": "Ada"}),
        (["--best-of", "3"], {"best_of": 3}),
        (["--temperature", "0"], {"temperature": 0.0}),
        (["--diarize"], {"diarize": True}),
        (["--no-diarize"], {"diarize": False}),
        (["--words[]", '["a", null]'], {"words[]": ["a", None]}),
        (["--detail", "low"], {"detail": "low"}),
        (["--api-cache", "hot"], {"cache": "hot"}),
        (["--prompt", "Ada", "--best-of", "2"], {"prompt": "Ada", "best_of": 2}),
    ],
)
def test_every_kind_of_option(args: list[str], sent: dict[str, Any]) -> None:
    """Values have the type that the spec states; options not given are not there."""
    assert parsed(*args) == sent


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (["--best-of", "two"], "'two' is not a valid integer"),
        (["--temperature", "hot"], "'hot' is not a valid float"),
        (["--detail", "some"], "'some' is not one of 'low', 'high'"),
        (
            ["--words[]", "{a: 1}"],
            "not JSON: Expecting property name enclosed in double quotes: line 1 column 2",
        ),
        (["--words[]", "[" * 100_000], "not JSON: "),
    ],
)
def test_wrong_values_name_the_option_and_the_mistake(args: list[str], complaint: str) -> None:
    """A value that does not fit is refused, naming the option and what is wrong."""
    with pytest.raises(click.BadParameter) as caught:
        parsed(*args)
    assert complaint in caught.value.format_message()
    assert args[0] in caught.value.format_message()


def test_help_shows_the_words_of_the_spec() -> None:
    """An option the spec gains is in the help, with its words, under a heading of its own."""
    shown = CliRunner().invoke(transcribe_command(MADE_UP), ["--help"]).output
    ours, theirs = shown.split("Options of the API, from its specification:")
    for option in MADE_UP:
        assert option.description in theirs
    assert "--api-cache TEXT" in theirs
    assert "--cache DIR" in ours


def test_without_options_there_is_no_heading() -> None:
    """A spec without options leaves no empty section."""
    shown = CliRunner().invoke(transcribe_command(()), ["--help"]).output
    assert "Options of the API" not in shown


def test_the_program_has_the_options_of_the_spec(run: Run) -> None:
    """The program is made with the spec's own table."""
    shown = run("transcribe", "--help").out
    assert all(f"--{option.name.replace('_', '-')}" in shown for option in OPTIONS)


def test_every_kind_of_the_table_is_covered() -> None:
    """The made-up table has each kind that the generator can write."""
    kinds = get_args(inspect.get_annotations(Option, eval_str=True)["kind"])
    assert {option.kind for option in MADE_UP} == {*kinds}
