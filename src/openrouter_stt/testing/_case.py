"""One plugin under test, and the calls it is taken through."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Final

import attrs

from .._audio import Audio, Source
from .._registry import marked
from .._values import Transcription
from ._answers import Answer
from ._clients import ClockedAsyncClient, Driver, client
from ._transport import FakeTransport, Scripted, SentRequest

KEY: Final = "sk-or-v1-this-key-is-nobodys-business"
_numbers = itertools.count(1)


def heard(request: SentRequest) -> Answer:
    """Answer with words of the recording's own: another text for each recording and model."""
    return Answer.text(f"heard {sha256(request.audio + request.model.encode()).hexdigest()[:16]} spoken")


@attrs.frozen
class Outcome:
    """How a call ended."""

    result: Transcription | None
    error: Exception | None

    @property
    def kind(self) -> tuple[object, ...]:
        """What a caller decides by."""
        if self.error is None:
            return ("an answer",)
        facts = (getattr(self.error, name, None) for name in ("status", "kind", "maybe_billed"))
        return (type(self.error), *facts)

    def __str__(self) -> str:
        return "an answer" if self.error is None else type(self.error).__name__


@attrs.frozen
class Case:
    """A plugin with what it needs; `worlds` are those that it serves."""

    name: str
    make: Callable[[], object]
    model: str
    sources: Sequence[Source]
    options: Mapping[str, Any]
    answer: Scripted
    worlds: Sequence[str]

    def target(self) -> object:
        """Make the plugin as a client does: a class is called without arguments."""
        made = self.make()
        return made() if isinstance(made, type) else made

    @property
    def hooks(self) -> list[str]:
        return marked(self.target())

    def settings(self, transport: FakeTransport, plugins: Sequence[object]) -> dict[str, Any]:
        """Give a client's arguments; each has an address of its own, so that none is served what another kept."""
        return {
            "api_key": KEY,
            "base_url": f"https://kit-{next(_numbers)}.example/api/v1",
            "plugins": plugins,
            "strict": True,  # errors of observers and caches count
            "transport": transport,
        }

    @contextmanager
    def client(
        self,
        world: str,
        *,
        transport: FakeTransport | None = None,
        before: Sequence[object] = (),
        after: Sequence[object] = (),
        without: bool = False,
        **settings: Any,
    ) -> Iterator[Driver]:
        """Make a client with the plugin, or without it, between other plugins."""
        plugins = [*before, *([] if without else [self.make()]), *after]
        with client(world, **self.settings(transport or self.transport(), plugins), **settings) as driver:
            yield driver

    def async_client(
        self, transport: FakeTransport, *, after: Sequence[object] = (), without: bool = False
    ) -> ClockedAsyncClient:
        """Make an async client for a loop that is running."""
        plugins = [*([] if without else [self.make()]), *after]
        return ClockedAsyncClient(transport.clock, autoload=False, **self.settings(transport, plugins))

    def transport(self, *answers: Scripted) -> FakeTransport:
        return FakeTransport(*answers, otherwise=self.answer)

    def arguments(self, source: Source | None = None) -> dict[str, Any]:
        """Give the arguments of a call; by default of the first recording."""
        return {"source": self.sources[0] if source is None else source, "model": self.model, **self.options}

    def call(self, driver: Driver, source: Source | None = None) -> Transcription:
        return driver.transcribe(**self.arguments(source))

    def outcome(self, driver: Driver, source: Source | None = None) -> Outcome:
        """Make a call and tell how it ended."""
        try:
            return Outcome(self.call(driver, source), None)
        except Exception as error:
            return Outcome(None, error)

    def audio(self) -> Audio:
        """Return the first recording in memory that can be written to, so that writing to it shows."""
        audio = Audio.of(self.sources[0])
        return audio.replace(content=Audio.from_bytes(bytearray(audio.read())).content)


def said(error: BaseException) -> str:
    """Tell an error in one line, with the blame on it."""
    return "; ".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", [])])
