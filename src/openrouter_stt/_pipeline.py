"""The life of a call, written once: the async client awaits it, the sync client runs it through."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import attrs

from . import _events as events
from ._answer import read_answer
from ._audio import Audio, Source
from ._body import INLINE
from ._cachekey import cache_key
from ._engine import Engine
from ._errors import APIError, AudioError, ConfigurationError, PluginError, STTError
from ._runtime import Runtime
from ._settings import Settings, checked_timeout
from ._values import STOP, Attempt, Call, Failure, Transcription
from ._version import __version__
from ._wire import checked_options, request_of

if TYPE_CHECKING:
    from ._transport import Transport

USER_AGENT: Final = f"openrouter-stt/{__version__}"


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
            format=None if format is None else _stated("format", format),
            base_url=self.settings.base_url,
            deadline=started + seconds,
            fingerprint=self.fingerprint,
            runtime=self.runtime,
        )
        await self._tell(events.CallStarted(call_id=call.id, model=model, size=call.audio.size))
        try:
            result = await self.engine.around("around_call", call, self._requested)
        except BaseException as error:  # a cancelled call has ended, too
            await self._tell(
                events.CallFailed(call_id=call.id, model=model, error=error, seconds=self.runtime.now() - started)
            )
            raise
        await self._tell(_finished(call, result, self.runtime.now() - started))
        return result  # type: ignore[no-any-return]

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
        call, sent = await self.engine.pipe("prepare_request", call), 0
        tried = [call]
        while True:
            try:
                result = await self._produced(call)
            except APIError as error:
                error.attempts = sent = sent + error.attempts
                failure = Failure(call=call, error=error, attempt=sent)
                following, _ = await self.engine.first("fallback", failure)
                if following is None or following in tried:  # what failed once is not asked for again
                    raise
                await self._tell(events.FallbackChosen(call_id=call.id, model=following.model, error=error))
                call = following
                tried.append(call)
            else:
                return result.replace(attempts=sent + result.attempts)

    async def _produced(self, call: Call) -> Transcription:
        """Find the answer in a cache, or get and keep it."""
        key = await self._cache_key(call)
        if key is not None:
            kept, _ = await self.engine.first("cache_get", key)
            if kept is not None:
                await self._tell(events.CacheHit(call_id=call.id, model=call.model))
                return kept.replace(source="cache", attempts=0)  # type: ignore[no-any-return]
        answer, plugin = await self.engine.first("answer", call)
        result = await self._from_network(call) if answer is None else answer.replace(source=plugin)
        result = await self.engine.pipe("finish", call, result, at=1)
        if key is not None:
            await self.engine.all("cache_set", key, result)
        return result  # type: ignore[no-any-return]

    async def _cache_key(self, call: Call) -> str | None:
        if not self.engine.has("cache_get", "cache_set"):
            return None
        key, _ = await self.engine.first("cache_key", call)
        if key is not None:
            return key  # type: ignore[no-any-return]
        if call.audio.size <= INLINE:
            return cache_key(call)
        return await self.runtime.blocking(cache_key, call)

    async def _from_network(self, call: Call) -> Transcription:
        """Encode the audio and send it until there is an answer or an error that stands."""
        headers = await self._headers()
        audio = await self._encoded(call)
        request = request_of(call.model, call.options, audio)
        sent = 0

        async def send(_: Attempt) -> Transcription:
            nonlocal sent
            sent += 1
            url = call.base_url + request.path
            reply = await self.transport.send(request, url, {**headers, **request.headers}, call.deadline)
            return read_answer(reply, model=call.model)

        for number in itertools.count(1):
            attempt = Attempt(call=call, number=number, size=audio.size, format=audio.format or "")
            await self._tell(
                events.AttemptStarted(
                    call_id=call.id, model=call.model, number=number, size=audio.size, format=attempt.format
                )
            )
            try:
                result = await self.engine.around("around_attempt", attempt, send)
            except STTError as error:
                error.attempts = sent
                delay = await self._delay(Failure(call=call, error=error, attempt=number))
                if delay is None:
                    raise
            else:
                return result.replace(attempts=sent)  # type: ignore[no-any-return]
            await self.runtime.sleep(delay)
        raise AssertionError  # pragma: no cover  the loop has no end

    async def _encoded(self, call: Call) -> Audio:
        audio = await self.engine.pipe("prepare_audio", call.audio, call)
        encoded, plugin = await self.engine.first("encode_audio", audio, call)
        if encoded is None:
            raise AudioError(f"no plugin can encode {audio.label}; the built-in one is named 'encoding'")
        if not encoded.format or encoded.pcm is not None:
            raise PluginError(f"plugin {plugin!r}, hook encode_audio, returned audio without a file format")
        return encoded  # type: ignore[no-any-return]

    async def _headers(self) -> dict[str, str]:
        make_key = self.settings.key
        key = await self.runtime.blocking(make_key) if self.settings.key_is_called else make_key()
        return {"User-Agent": USER_AGENT, **self.settings.headers, "Authorization": f"Bearer {key}"}

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
