"""The command line `openrouter-stt`; nothing else imports click or rich."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

import click

from .._version import __version__
from .._wire import OPTIONS
from .cache import cache_command
from .plugins import plugins_command
from .report import PROGRAM, Status, tell
from .transcribe import transcribe_command

__all__ = ["main"]


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try: openrouter-stt transcribe talk.wav --model local/moonshine-tiny",
)
@click.version_option(__version__, prog_name=PROGRAM)
def program() -> None:
    """Turn speech into text, through OpenRouter's API or on this machine.

    The API needs a key in the environment variable OPENROUTER_API_KEY. Models named local/... need no key, but the
    package's extra "local".
    """


program.add_command(transcribe_command(OPTIONS))
program.add_command(plugins_command)
program.add_command(cache_command)


def main(args: Sequence[str] | None = None) -> int:
    """Run the program on `args`, by default those of the process, and return its exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a text that was paid for is printed everywhere
    try:
        return int(program.main(args, prog_name=PROGRAM, standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        tell("interrupted")
        return Status.INTERRUPTED
