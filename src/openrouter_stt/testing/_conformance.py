"""Hold a plugin to what is expected of one."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

import attrs

from .._audio import Source
from .._plugins import plugin_name
from ._case import Case, heard, said
from ._checks import CHECKS
from ._clients import MODEL, WORLDS
from ._sounds import tone
from ._transport import Scripted

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
LANGUAGE: Final[Mapping[str, Any]] = MappingProxyType({"language": "en"})


def conformance(
    plugin_factory: Callable[[], object],
    /,
    *,
    skip: Mapping[str, str] = NOTHING,
    worlds: Sequence[str] = WORLDS,
    model: str = MODEL,
    sources: Sequence[Source] = (),
    options: Mapping[str, Any] = LANGUAGE,
    answer: Scripted = heard,
) -> None:
    """Run a plugin through both clients and hold it to what is expected of one.

    Each check takes fresh plugins through calls that a `FakeTransport` answers, in each of the worlds:

    - transcribes: a call with the plugin is answered;
    - neighbours: beside it the built-in plugins still do their work;
    - errors: an error from inside comes out as it is, the server's, the connection's or another plugin's;
    - billing: one answer is paid for once, and where a request may be billed nothing is sent again;
    - cancellation: a call that is cancelled, or interrupted, ends there;
    - threads: eight threads that share one client get each its own answer;
    - event_loop: the event loop is never held up for 50 ms;
    - leftovers: a closed client leaves no task and no thread behind;
    - closing: a plugin that serves two clients may be closed twice;
    - secrets: neither key nor audio nor transcript is in a log, a warning, a repr or what is printed;
    - values: what the plugin is given stays as it was;
    - frozen: what it returns cannot be changed;
    - fingerprint: a plugin whose settings change audio or text states them.

    Args:
        plugin_factory: Called for each fresh plugin: its class, or a function without arguments.
        skip: Checks to leave out, each with the reason.
        worlds: Those the plugin serves; without "sync" one that is async alone.
        model: That the calls ask for, such as one that an engine answers.
        sources: Recordings to transcribe, the first one in most calls; by default eight tones.
        options: Of the calls, as `transcribe` takes them.
        answer: Of the server; by default words that differ for each recording.

    Raises:
        AssertionError: With all broken promises, each in a sentence with the way out.
        ValueError: For a check or a world that there is not, or a check skipped without a reason.
    """
    _check_arguments(skip, worlds)
    case = Case(
        name=plugin_name(plugin_factory()),
        make=plugin_factory,
        model=model,
        sources=tuple(sources) or tuple(tone(200.0 + 100 * index) for index in range(8)),
        options=options,
        answer=answer,
        worlds=tuple(worlds),
    )
    with warnings.catch_warnings(action="ignore"), _unheard():
        broken = list(_broken(case, skip))
    if broken:
        lines = "\n".join(f"- {promise}" for promise in broken)
        raise AssertionError(
            f"plugin {case.name!r} breaks what is expected of it:\n{lines}\n"
            'skip={"<check>": "<reason>"} leaves a check out'
        )


@contextmanager
def _unheard() -> Iterator[None]:
    """Keep the logs of hundreds of calls from those who listen; the check of secrets listens for itself."""
    handlers = logging.root.handlers
    logging.root.handlers = [logging.NullHandler()]
    try:
        yield
    finally:
        logging.root.handlers = handlers


def _check_arguments(skip: Mapping[str, str], worlds: Sequence[str]) -> None:
    for name, reason in skip.items():
        if name not in CHECKS:
            close = get_close_matches(name, CHECKS, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(CHECKS)}"
            raise ValueError(f"there is no check {name!r}; {hint}")
        if not reason.strip():
            raise ValueError(f"the check {name!r} is skipped without a reason; say why it does not apply")
    if not {*worlds} <= {"sync", "asyncio", "trio"} or not {*worlds} & {*WORLDS}:
        raise ValueError(f"worlds must be some of {', '.join(WORLDS)}, not {worlds!r}")


def _broken(case: Case, skip: Mapping[str, str]) -> Iterator[str]:
    """Tell the broken promises; where no client can be made, or no call succeeds, these alone."""
    here = [world for world in case.worlds if world in WORLDS]
    refusals = {world: refusal for world in here if (refusal := _refusal(case, world))}
    yield from (f"registers: {refusal} [{world}]" for world, refusal in refusals.items())
    case = attrs.evolve(case, worlds=[world for world in here if world not in refusals])
    for name in CHECKS:
        if name in skip:
            continue
        found = list(_judged(case, name))
        yield from found
        if found and name == "transcribes":
            return


def _refusal(case: Case, world: str) -> str | None:
    try:
        with case.client(world):
            return None
    except Exception as error:
        way = "; or say worlds=['asyncio', 'trio']" if world == "sync" else ""
        return f"no client can be made with it: {said(error)}{way}"


def _judged(case: Case, name: str) -> Iterator[str]:
    """Run a check in each world and tell each broken promise once, with the worlds in which it is."""
    found: dict[str, list[str]] = {}
    for world in case.worlds:
        try:
            for sentence in CHECKS[name](case, world):
                found.setdefault(sentence, []).append(world)
        except Exception as error:
            found.setdefault(f"a call ended in {said(error)}, so the check could not end", []).append(world)
    for sentence, worlds in found.items():
        yield f"{name}: {sentence} [{', '.join(worlds)}]"
