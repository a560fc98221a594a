"""`openrouter-stt transcribe`: from files to lines of text."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any, Final, Literal

import attrs
import click

from .._audio import Source
from .._client import Client
from .._errors import APIStatusError, AudioError, ConfigurationError
from .._plugins import CACHE
from .._settings import DEFAULT_TIMEOUT
from .._wire import Option
from .news import News
from .options import SpecOption, spec_options
from .progress import working
from .report import MEANINGS, Status, json_line, logged, tell_error, text_line, warnings_told, write_line

STDIN: Final = "-"
_NO_KEY: Final = (
    "no API key: set OPENROUTER_API_KEY; keys are made at https://openrouter.ai/settings/keys. "
    'To run offline without one, install "openrouter-stt[local]" and use --model local/moonshine-tiny'
)
_HELP: Final = """Print what is said in FILES, one line each; "-" is standard input.

    The key is read from OPENROUTER_API_KEY, never from the command line, which others on this machine can see.
    Models named local/... need neither key nor network.

    \b
    Examples:
      openrouter-stt transcribe talk.mp3 --model openai/whisper-large-v3
      openrouter-stt transcribe talk.wav --model local/moonshine-tiny
      openrouter-stt transcribe *.flac --model MODEL --format json > talks.jsonl
      ffmpeg -i film.mkv -f flac - | openrouter-stt transcribe - --model MODEL
    """


class TranscribeCommand(click.Command):
    """A command whose help has a section for the options of the API and one for the exit statuses."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write our options and those from the spec, each under a heading."""
        ours: list[tuple[str, str]] = []
        theirs: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if isinstance(param, click.Option) and record:
                (theirs if isinstance(param, SpecOption) else ours).append(record)
        for heading, records in (("Options", ours), ("Options of the API, from its specification", theirs)):
            with formatter.section(heading):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the exit statuses mean."""
        with formatter.section("Exit statuses (of several files, that of the first one that failed)"):
            formatter.write_dl([(str(status.value), meaning) for status, meaning in MEANINGS.items()])


_OWN_OPTIONS: Final = (
    click.Option(["-m", "--model"], required=True, help="Which model listens; local/... runs on this machine."),
    click.Option(
        ["--format"],
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="What to print of each file: its text, or a JSON object with text, usage, attempts and more.",
    ),
    click.Option(
        ["--audio-format"],
        help="What the audio is, such as mp3, where its content does not tell; nothing is converted.",
    ),
    click.Option(
        ["--plugin"],
        multiple=True,
        metavar="NAME",
        help="Use this installed plugin, before others; repeatable.",
    ),
    click.Option(
        ["--no-plugin"],
        multiple=True,
        metavar="NAME",
        help="Leave this plugin out, built in or not; repeatable.",
    ),
    click.Option(
        ["--timeout"],
        type=float,
        metavar="SECONDS",
        help=f"For each file, retries included.  [default: {DEFAULT_TIMEOUT:g}]",
    ),
    click.Option(["--base-url"], metavar="URL", help="Where the API is, in place of OPENROUTER_BASE_URL."),
    click.Option(
        ["--cache"],
        type=click.Path(file_okay=False),
        metavar="DIR",
        help="Keep answers in this folder, and pay for the same audio once.",
    ),
    click.Option(["-v", "--verbose"], count=True, help="Log to standard error; twice for more."),
    click.Option(["--debug"], is_flag=True, help="Show the traceback of an error."),
)


@attrs.frozen(kw_only=True)
class Job:
    """One run of the command: its arguments and options as they were given, and those of the API."""

    files: tuple[str, ...]
    model: str
    format: Literal["text", "json"]
    audio_format: str | None
    plugin: tuple[str, ...]
    no_plugin: tuple[str, ...]
    timeout: float | None
    base_url: str | None
    cache: str | None
    verbose: int
    debug: bool
    api_options: dict[str, Any]
    told: set[str] = attrs.field(factory=set[str], init=False)  # warnings that were printed
    news: News = attrs.field(factory=News, init=False)

    def run(self) -> Status:
        """Transcribe file after file and return the status of the first that failed."""
        with logged(self.verbose), ExitStack() as stack:
            try:
                with warnings_told(self.told):
                    client = stack.enter_context(self._client())
            except Exception as error:
                return tell_error(error, debug=self.debug)
            return self._all(client)

    def _client(self) -> Client:
        return Client(
            _key,
            base_url=self.base_url,
            timeout=self.timeout,
            plugins=(*self.plugin, self.news),
            disable=self.no_plugin,
            cache=None if self.cache is None else import_module(CACHE).DiskCache(self.cache),
        )

    def _all(self, client: Client) -> Status:
        first = Status.ANSWERED
        for done, name in enumerate(self.files):
            try:
                line = self._one(client, name, done)
            except Exception as error:  # plugins may raise anything
                about = () if _concerns_all(error) else (name,)
                status = tell_error(error, *about, debug=self.debug)
                first = first or status
                if not about:
                    break
            else:
                write_line(line)
        return first

    def _one(self, client: Client, name: str, done: int) -> str:
        with warnings_told(self.told, of_log=not self.verbose), self._in_work(name, done):
            result = client.transcribe(_source(name), model=self.model, format=self.audio_format, **self.api_options)
        return json_line(name, result) if self.format == "json" else text_line(name, result, alone=len(self.files) == 1)

    @contextmanager
    def _in_work(self, name: str, done: int) -> Iterator[None]:
        """Show that a file is in work, and tell what holds it up; a log would tear the sign apart."""
        with working(name, done, len(self.files), shown=not self.verbose) as say:
            self.news.of(name, say)
            yield


def transcribe_command(options: Iterable[Option]) -> click.Command:
    """Make the command, with an option for each of the spec's `options`."""
    taken = {flag for option in _OWN_OPTIONS for flag in option.opts} | {"--help"}
    files = click.Argument(["files"], nargs=-1, required=True)
    return TranscribeCommand(
        "transcribe",
        params=[files, *_OWN_OPTIONS, *spec_options(options, taken)],
        callback=_transcribe,
        help=_HELP,
        short_help="Print what is said in audio files.",
    )


def _transcribe(**given: Any) -> Status:
    return Job(**given, api_options=click.get_current_context().ensure_object(dict)).run()


def _concerns_all(error: Exception) -> bool:
    """Tell whether the other files would fail alike: a wrong setting, a key that is not taken, an empty account."""
    if isinstance(error, APIStatusError):
        return error.status in (401, 402) and error.retry_after is None
    return isinstance(error, ConfigurationError)


def _key() -> str:
    key = os.environ.get("OPENROUTER_API_KEY", "").strip()
    if not key:
        raise ConfigurationError(_NO_KEY)
    return key


def _source(name: str) -> Source:
    if name == STDIN:
        return "standard input", sys.stdin.buffer
    if "://" not in name and not os.path.exists(name):  # noqa: PTH110  Path.exists raises for a name that is too long
        raise AudioError("no such file")
    return name
