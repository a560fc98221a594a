"""What the plugin tells the world."""

from __future__ import annotations

import base64
import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Final

from .._answers import Answer
from .._case import KEY, Case, Outcome

SHORTEST: Final = 5  # characters; shorter texts stand in any log by chance


def secrets(case: Case, world: str) -> Iterator[str]:
    """Neither key nor audio nor transcript is in a log, a warning, a repr or what is printed."""
    plugin = case.target()
    with case.client(world, without=True) as bare:
        plain = case.outcome(bare)
    transport = case.transport(Answer.error(503))
    with _listening() as told, case.client(world, transport=transport, before=[plugin], without=True) as driver:
        outcome = case.outcome(driver)
    told["its repr"] = [repr(plugin)]
    for what, forms in _secrets(case, plain, outcome).items():
        for where, texts in told.items():
            if any(form.casefold() in text.casefold() for form in forms for text in texts):
                yield f"{what} is in {where}; name the call's id, sizes and times there, and hide the rest"


def _secrets(case: Case, *outcomes: Outcome) -> Mapping[str, list[str]]:
    """List what must not be told, in the forms in which it may be."""
    middle = case.audio().read()[48:72]  # behind a header; in base64 it is the same wherever 48 bytes go before
    forms = [repr(middle)[2:-1], middle.hex(), base64.b64encode(middle).decode()]
    texts = [outcome.result.text for outcome in outcomes if outcome.result]
    return {
        "the key": [KEY],
        "the audio": [form for form in forms if len(form) >= SHORTEST],
        "the transcript": [text for text in texts if len(text) >= SHORTEST],
    }


class _Ears(logging.Handler):
    """Writes down all there is to a record."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(f"{self.format(record)} {vars(record)!r}")


@contextmanager
def _listening() -> Iterator[dict[str, list[str]]]:
    """Collect what is logged at any level, warned of and printed."""
    ears, root, printed = _Ears(), logging.getLogger(), io.StringIO()
    told: dict[str, list[str]] = {"a log record": ears.heard}
    level = root.level
    root.addHandler(ears)
    root.setLevel(logging.DEBUG)
    try:
        with (
            warnings.catch_warnings(record=True, action="always") as warned,
            redirect_stdout(printed),
            redirect_stderr(printed),
        ):
            yield told
    finally:
        root.setLevel(level)
        root.removeHandler(ears)
    told["a warning"] = [str(each.message) for each in warned]
    told["what it prints"] = [printed.getvalue()]
