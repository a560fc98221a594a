"""The life of a call, written once: the async client awaits it, the sync client runs it through."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import attrs

from . import _events as events
from ._audio import Audio, Source
from ._body import INLINE
from ._cachekey import cache_key
from ._engine import Engine
from ._errors import APIError, AudioError, ConfigurationError, PluginError, STTError
from ._runtime import Runtime
from ._sending import Sending, headers_of
from ._settings import Settings, checked_timeout
from ._values import STOP, Attempt, Call, Failure, Transcription
from ._wire import checked_options, request_of

if TYPE_CHECKING:
    from ._transport import Transport

MOST_REQUESTS: Final = 10  # of one call, by plugins that fall back


@attrs.frozen
class Pipeline:
    """One client's way from a source to a transcription."""

    settings: Settings
    engine: Engine
    runtime: Runtime
    transport: Transport
    fingerprint: str

    async def transcribe(
        self, source: Source, *, model: str, format: str | None, timeout: float | None, options: Mapping[str, Any]
    ) -> Transcription:
        """Run one call from its source to its answer, and tell the observers."""
        started = self.runtime.now()
        seconds = self.settings.timeout if timeout is None else checked_timeout(timeout)
        call = Call(
            id=uuid4().hex,
            model=_stated("model", model),
            audio=await self._taken(source),
            options=checked_options(options),
            format=None if format is None else _stated("format", format).lower(),
            base_url=self.settings.base_url,
            deadline=started + seconds,
            fingerprint=self.fingerprint,
            runtime=self.runtime,
        )
        await self._tell(events.CallStarted(call_id=call.id, model=model, size=call.audio.size))
        try:
            result: Transcription = await self.engine.around("around_call", call, self._requested)
        except BaseException as error:  # a cancelled call has ended, too
            await self._tell(
                events.CallFailed(call_id=call.id, model=model, error=error, seconds=self.runtime.now() - started)
            )
            raise
        await self._tell(_finished(call, result, self.runtime.now() - started))
        return result

    async def close(self) -> None:
        """Close the plugins, then the connections."""
        try:
            await self.engine.all("close")
        finally:
            await self.transport.close()

    async def _taken(self, source: Source) -> Audio:
        if isinstance(source, str | os.PathLike | bytes | Audio):
            return Audio.of(source)
        return await self.runtime.blocking(Audio.of, source)  # a pipe is read to its end

    async def _requested(self, call: Call) -> Transcription:
        """Get an answer to the request, or to those that plugins fall back on."""
        call, sent, unsure = await self.engine.pipe("prepare_request", call), 0, False
        tried = [call]
        while True:
            try:
                result = await self._produced(call)
            except STTError as error:
                error.attempts = sent = sent + error.attempts
                error.maybe_billed = unsure = unsure or error.maybe_billed
                if not isinstance(error, APIError):
                    raise
                failure = Failure(call=call, error=error, attempt=sent)
                following, _ = await self.engine.first("fallback", failure)
                if following is None or following in tried or len(tried) == MOST_REQUESTS:
                    raise  # also where a plugin asks again for what failed
                await self._tell(events.FallbackChosen(call_id=call.id, model=following.model, error=error))
                call = following
                tried.append(call)
            else:
                return result.replace(attempts=sent + result.attempts)

    async def _produced(self, call: Call) -> Transcription:
        """Find the answer in a cache, or get and keep it."""
        key = await self._cache_key(call)
        if key is not None:
            found: tuple[Transcription | None, str] = await self.engine.first("cache_get", key)
            if (kept := found[0]) is not None:
                await self._tell(events.CacheHit(call_id=call.id, model=call.model))
                return kept.replace(source="cache", attempts=0)
        answer, plugin = await self.engine.first("answer", call)
        raw = await self._from_network(call) if answer is None else answer.replace(source=plugin)
        result: Transcription = await self.engine.pipe("finish", call, raw, at=1)
        if key is not None:
            await self.engine.all("cache_set", key, result)
        return result

    async def _cache_key(self, call: Call) -> str | None:
        if not self.engine.has("cache_get", "cache_set"):
            return None
        given: tuple[str | None, str] = await self.engine.first("cache_key", call)
        if given[0] is not None:
            return given[0]
        if call.audio.size <= INLINE:
            return cache_key(call)
        return await self.runtime.blocking(cache_key, call)

    async def _from_network(self, call: Call) -> Transcription:
        """Encode the audio and send it until there is an answer or an error that stands."""
        key = await self._key()
        audio = await self._encoded(call)
        request = request_of(call.model, call.options, audio)
        sending = Sending(call, request, headers_of(request, self.settings.headers, key), self.transport)
        del key  # an error's traceback shows what a frame holds
        number = 0
        while True:
            number += 1
            try:
                result = await self._attempted(sending, number)
            except STTError as error:
                error.attempts = sending.begun
                failure = Failure(call=call, error=error, attempt=number)
                delay = None if sending.answered else await self._delay(failure)
                if delay is None:
                    error.maybe_billed = error.maybe_billed or sending.unsure or sending.answered
                    raise
            else:
                return result.replace(attempts=sending.begun)
            await self.runtime.sleep(delay)

    async def _attempted(self, sending: Sending, number: int) -> Transcription:
        call, audio = sending.call, sending.request.audio
        attempt = Attempt(call=call, number=number, size=audio.size, format=audio.format or "", duration=audio.duration)
        await self._tell(
            events.AttemptStarted(
                call_id=call.id,
                model=call.model,
                number=number,
                size=attempt.size,
                format=attempt.format,
                duration=attempt.duration,
            )
        )
        result: Transcription = await self.engine.around("around_attempt", attempt, sending.send)
        return result

    async def _encoded(self, call: Call) -> Audio:
        audio = await self.engine.pipe("prepare_audio", call.audio, call)
        answer: tuple[Audio | None, str] = await self.engine.first("encode_audio", audio, call)
        encoded, plugin = answer
        if encoded is None:
            raise AudioError(f"no plugin can encode {audio.label}; the built-in one is named 'encoding'")
        if not encoded.format or encoded.pcm is not None:
            raise PluginError(f"plugin {plugin!r}, hook encode_audio, returned audio without a file format")
        return encoded

    async def _key(self) -> str:
        key = self.settings.key
        return await self.runtime.blocking(key.read) if key.is_called else key.read()

    async def _delay(self, failure: Failure) -> float | None:
        """Ask the plugins whether to send again, and return the seconds to wait, or None where the error stands."""
        call, error, number = failure.call, failure.error, failure.attempt
        await self._tell(events.AttemptFailed(call_id=call.id, model=call.model, number=number, error=error))
        if not isinstance(error, APIError):
            return None
        delay, plugin = await self.engine.first("retry", failure)
        if delay is None or delay is STOP or delay >= call.remaining:
            return None
        if not delay >= 0:
            raise PluginError(f"plugin {plugin!r}, hook retry, returned {delay!r}, which is no time to wait")
        await self._tell(
            events.RetryScheduled(call_id=call.id, model=call.model, number=number + 1, delay=delay, error=error)
        )
        return float(delay)

    async def _tell(self, event: events.Event) -> None:
        await self.engine.all("event", event)


def _stated(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{name} must be a str that is not empty, not {value!r}")
    return value


def _finished(call: Call, result: Transcription, seconds: float) -> events.CallFinished:
    return events.CallFinished(
        call_id=call.id,
        model=result.model,
        source=result.source,
        attempts=result.attempts,
        characters=len(result.text),
        seconds=seconds,
        usage=result.usage,
    )
