"""Answers that are kept: looked for in caches, or else got once for all who ask at the same moment, and kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import attrs

from . import _events as events
from ._body import INLINE
from ._cachekey import Digests, cache_key
from ._engine import Engine
from ._errors import STTError
from ._flights import last_ended, leading, shared
from ._runtime import Runtime
from ._values import Call, Transcription

PATIENCE: Final = 0.5  # the part of its time for which a call waits for another process, which may have been killed
SHORTEST: Final = 0.01  # seconds between two looks

Ask = Callable[[Call], Awaitable[Transcription]]
Finish = Callable[[Call, Transcription], Awaitable[Transcription]]


@attrs.frozen
class Keeping:
    """The caches of one client; `cache` is the first of them, which clients may share, or None."""

    engine: Engine
    runtime: Runtime
    cache: object | None
    _digests: Digests = attrs.field(factory=Digests, init=False)

    async def answer(self, call: Call, ask: Ask, finish: Finish) -> Transcription:
        """Return a kept answer, or what `ask` and then `finish` make of the call, which is kept."""
        if self.cache is None:
            return await self._made(call, await ask(call), finish)
        key, before = await self._key(call), last_ended()
        if (kept := await self._kept(key)) is not None:
            return await self._hit(call, kept)

        patience = 0.0 if leading() else call.remaining * PATIENCE

        async def lead() -> tuple[Transcription, bool]:
            kept = None if last_ended() is before else await self._kept(key)
            if kept is None:
                kept = await self._from_elsewhere(call, key, patience)
            return (await self._asked(call, key, ask, finish), False) if kept is None else (kept, True)

        (answer, is_kept), is_others = await shared((id(self.cache), key), lead, self.runtime, lambda: call.remaining)
        return await self._hit(call, answer) if is_kept or is_others else answer

    async def _hit(self, call: Call, kept: Transcription) -> Transcription:
        if observers := self.engine.observers(events.CacheHit):
            await self.engine.tell(events.CacheHit(call_id=call.id, model=call.model), observers)
        return _as_kept(kept)

    async def _key(self, call: Call) -> str:
        given: tuple[str | None, str] = await self.engine.first("cache_key", call)
        if given[0] is not None:
            return given[0]
        audio, digests = call.audio, self._digests
        is_quick = audio.size <= INLINE or digests.known(audio) is not None
        return cache_key(call, digests.of(audio) if is_quick else await self.runtime.blocking(digests.of, audio))

    async def _kept(self, key: str) -> Transcription | None:
        found: tuple[Transcription | None, str] = await self.engine.first("cache_get", key)
        return found[0]

    async def _from_elsewhere(self, call: Call, key: str, patience: float) -> Transcription | None:
        """Wait while another process is getting the answer, `patience` seconds; None when this call is to get it."""
        until = self.runtime.now() + patience
        while True:
            wait, _ = await self.engine.first("cache_claim", key, call)
            left = until - self.runtime.now()
            if wait is None or left <= 0:
                return None
            await self.runtime.sleep(min(max(SHORTEST, wait), left))
            if (kept := await self._kept(key)) is not None:
                return kept

    async def _asked(self, call: Call, key: str, ask: Ask, finish: Finish) -> Transcription:
        """Get the answer and keep it; once it has come, which may be paid for, cancelling waits until it is kept."""

        try:
            return await self.runtime.shielded(self._made, call, await ask(call), finish, key)
        except GeneratorExit:  # closed by one who waits for nothing
            raise
        except BaseException:  # also of a call that is cancelled
            if self.engine.has("cache_release"):
                await self.runtime.shielded(self.engine.all, "cache_release", key)
            raise

    async def _made(self, call: Call, raw: Transcription, finish: Finish, key: str | None = None) -> Transcription:
        """Finish an answer and keep it."""
        try:
            result = await finish(call, raw)
            if key is not None:
                await self.engine.all("cache_set", key, _as_kept(result))
        except STTError as error:
            count(error, raw)
            raise
        return result


def _as_kept(answer: Transcription) -> Transcription:
    """Return an answer as those get it who do not pay for it."""
    is_so = answer.source == "cache" and not answer.attempts
    return answer if is_so else answer.replace(source="cache", attempts=0)


def count(error: BaseException, *lost: Transcription) -> None:
    """Count the requests for answers that are lost by a plugin's error: they are paid for."""
    if isinstance(error, STTError):
        requests = sum(answer.attempts for answer in lost)
        error.attempts, error.maybe_billed = error.attempts + requests, error.maybe_billed or requests > 0
