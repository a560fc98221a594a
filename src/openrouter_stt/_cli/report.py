"""What the program says and how it ends: lines on standard output and error, and exit statuses."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, Final

import attrs
import click

from .._errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AudioError,
    ConfigurationError,
    PluginError,
    STTError,
)
from .._values import Transcription

PROGRAM: Final = "openrouter-stt"
_LOGGER: Final = logging.getLogger("openrouter_stt")
_BUSY: Final = frozenset({408, 429})  # and every status from 500 on
_NO_CONNECTION: Final = frozenset({"dns", "refused", "timeout", "reset"})


class Status(IntEnum):
    """How the program ends."""

    ANSWERED = 0
    UNEXPECTED = 1
    USAGE = 2
    AUDIO = 3
    REFUSED = 4
    LATER = 5
    INTERRUPTED = 130
    BROKEN_PIPE = 141


MEANINGS: Final = {
    Status.ANSWERED: "every file was transcribed",
    Status.UNEXPECTED: "an error nobody expected, such as in a plugin; --debug shows where",
    Status.USAGE: "the command line, the configuration or a plugin cannot work",
    Status.AUDIO: "audio that cannot be used; nothing was sent",
    Status.REFUSED: "the API refused, or failed in a way that may have been billed",
    Status.LATER: "worth trying later, and not billed: rate limit, overload, timeout, no connection",
    Status.INTERRUPTED: "interrupted by Ctrl-C",
}


def status_of(error: Exception) -> Status:
    """Return the exit status that stands for an error."""
    match error:
        case AudioError():
            return Status.AUDIO
        case ConfigurationError() | PluginError():
            return Status.USAGE
        case APIError():
            return Status.LATER if _is_passing(error) else Status.REFUSED
    return Status.UNEXPECTED


def _is_passing(error: APIError) -> bool:
    if error.maybe_billed:
        return False
    match error:
        case APIStatusError():
            return error.status in _BUSY or error.status >= 500
        case APIConnectionError():
            return error.kind in _NO_CONNECTION
    return isinstance(error, APITimeoutError)


def one_line(text: str) -> str:
    """Put text on one line, without what would control a terminal."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()


def write_line(line: str) -> None:
    """Print a result at once. When nobody reads any more, as under `| head`, or a disk is full, the program ends."""
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python flushes at its end
        if isinstance(error, BrokenPipeError):
            raise click.exceptions.Exit(Status.BROKEN_PIPE) from None
        tell(f"cannot write the results: {error.strerror}")
        raise click.exceptions.Exit(Status.UNEXPECTED) from None


def line(*parts: str) -> str:
    """Return a line of messages: the program, then what they are about, then what it is."""
    return ": ".join([PROGRAM, *(one_line(part) for part in parts)])


def tell(*parts: str) -> None:
    """Print a line of messages to standard error."""
    click.echo(line(*parts), err=True)


def tell_error(error: Exception, *about: str, debug: bool) -> Status:
    """Print an error in a line, with `debug` its traceback before, and return the status it stands for."""
    if debug:
        traceback.print_exception(error)
    words = _described(error)
    tell(
        *(name for name in about if not words.startswith((f"{name} is ", repr(name)))), words
    )  # many a message begins with the name
    return status_of(error)


def _described(error: Exception) -> str:
    message, facts = f"{type(error).__name__}: {error}", list[str]()
    if isinstance(error, STTError):
        message = str(error)
        facts += [f"attempts {error.attempts}"] if error.attempts > 1 else []
        facts += _wait(error, message)
        facts += [f"request id {error.request_id}"] if error.request_id else []
        facts += ["maybe billed"] if error.maybe_billed else []
    facts += getattr(error, "__notes__", [])
    return f"{message} ({', '.join(facts)})" if facts else message


def _wait(error: STTError, message: str) -> list[str]:
    """Say how long to wait, where the message does not."""
    told = "try again in" in message or not error.retry_after
    return [] if told else [f"retry after {error.retry_after:g} s"]


def text_line(name: str, result: Transcription, *, alone: bool) -> str:
    """Return the text on one line, after the file's name unless that is the only one."""
    text = one_line(result.text)
    return text if alone else f"{one_line(name)}: {text}"


def json_line(name: str, result: Transcription) -> str:
    """Return the result as a JSON object on one line; escaped where the output is not UTF-8."""
    document: dict[str, Any] = {
        "file": name,
        "text": result.text,
        "model": result.model,
        "usage": None if result.usage is None else attrs.asdict(result.usage),
        "generation_id": result.generation_id,
        "attempts": result.attempts,
        "source": result.source,
    }
    return json.dumps(document, ensure_ascii=sys.stdout.encoding.lower() != "utf-8")


class _Heard(logging.Handler):
    """Remembers the warnings of the log, but for events: results and errors tell them, too."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not hasattr(record, "stt_event"):
            self.messages.append(record.getMessage())


@contextmanager
def _heard(wanted: bool) -> Iterator[list[str]]:
    handler = _Heard()
    if wanted:
        _LOGGER.addHandler(handler)
    try:
        yield handler.messages
    finally:
        _LOGGER.removeHandler(handler)


@contextmanager
def warnings_told(told: set[str], *, of_log: bool = False) -> Iterator[None]:
    """Print the warnings of the block to standard error after it, each once; `told` remembers them."""
    with warnings.catch_warnings(record=True) as caught, _heard(of_log) as logged:
        try:
            yield
        finally:
            for message in dict.fromkeys([*(str(each.message) for each in caught), *logged]):
                if message not in told:
                    told.add(message)
                    tell("warning", message)


class _StderrHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        click.echo(self.format(record), err=True)


@contextmanager
def logged(verbosity: int) -> Iterator[None]:
    """Print the library's log to standard error: INFO at a verbosity of 1, DEBUG from 2."""
    handler, before = _StderrHandler(), _LOGGER.level
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
    if verbosity:
        _LOGGER.addHandler(handler)
        _LOGGER.setLevel(logging.INFO if verbosity == 1 else logging.DEBUG)
    try:
        yield
    finally:
        _LOGGER.removeHandler(handler)
        _LOGGER.setLevel(before)
