"""The life of a call, written once: the async client awaits it, the sync client runs it through."""

from __future__ import annotations

from collections.abc import Mapping
from os import urandom
from typing import TYPE_CHECKING, Any, Final

import attrs

from . import _events as events
from ._aside import ready
from ._audio import Audio, Given
from ._engine import Engine
from ._errors import APIError, AudioError, ConfigurationError, PluginError, STTError
from ._holding import held_until, too_late
from ._keeping import Keeping, count
from ._runtime import Runtime
from ._sending import Headers, Sending, headers_of
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
    keeping: Keeping
    fingerprint: str

    async def transcribe(
        self, given: Given, *, model: str, format: str | None, timeout: float | None, options: Mapping[str, Any]
    ) -> Transcription:
        """Run one call from its source to its answer, and tell the observers."""
        started = self.runtime.now()
        seconds = self.settings.timeout if timeout is None else checked_timeout(timeout)
        if self.runtime.is_async and not await ready(seconds):
            raise too_late()
        most = self.settings.max_audio_size
        call = Call(
            id=urandom(16).hex(),
            model=_stated("model", model),
            audio=given.audio(most) if given.is_quick else await self.runtime.blocking(given.audio, most),
            options=checked_options(options),
            format=None if format is None else _stated("format", format).lower(),
            base_url=self.settings.base_url,
            deadline=started + seconds,
            fingerprint=self.fingerprint,
            runtime=self.runtime,
        )
        run = self._run(call, started)
        return await (held_until(call.deadline, run) if self.runtime.is_async else run)

    async def close(self) -> None:
        """Close the plugins, then the connections."""
        try:
            await self.engine.all("close")
        finally:
            await self.transport.close()

    async def _run(self, call: Call, started: float) -> Transcription:
        if observers := self.engine.observers(events.CallStarted):
            event = events.CallStarted(call_id=call.id, model=call.model, size=call.audio.size)
            await self.engine.tell(event, observers)
        answers: list[Transcription] = []

        async def requested(call: Call) -> Transcription:
            answers.append(await self._requested(call))
            return answers[-1]

        try:
            result: Transcription = await self.engine.around("around_call", call, requested)
        except BaseException as error:  # a cancelled call has ended, too
            count(error, *answers)
            await self.engine.tell(
                events.CallFailed(call_id=call.id, model=call.model, error=error, seconds=self.runtime.now() - started)
            )
            raise
        if observers := self.engine.observers(events.CallFinished):
            await self.engine.tell(_finished(call, result, self.runtime.now() - started), observers)
        return result

    async def _requested(self, call: Call) -> Transcription:
        """Get an answer to the request, or to those that plugins fall back on."""
        call, sent, unsure = await self.engine.pipe("prepare_request", call), 0, False
        tried = [call]
        before: list[str] = []
        while True:
            try:
                result = await self.keeping.answer(call, self._answered, self._finished)
            except STTError as error:
                error.attempts = sent = sent + error.attempts
                error.maybe_billed = unsure = unsure or error.maybe_billed
                for note in before:
                    error.add_note(note)
                if not isinstance(error, APIError):
                    raise
                following, _ = await self.engine.first("fallback", Failure(call=call, error=error, attempt=sent))
                if following is None or following in tried or len(tried) == MOST_REQUESTS:
                    raise  # also where a plugin asks again for what failed
                await self.engine.tell(events.FallbackChosen(call_id=call.id, model=following.model, error=error))
                before.append(f"asked in place of {call.model}, which failed: {error}")
                call = following
                tried.append(call)
            else:
                return result.replace(attempts=sent + result.attempts) if sent else result

    async def _answered(self, call: Call) -> Transcription:
        """Ask the engines on this machine, then the server."""
        answer, plugin = await self.engine.first("answer", call)
        return await self._from_network(call) if answer is None else answer.replace(source=plugin)

    async def _finished(self, call: Call, answer: Transcription) -> Transcription:
        result: Transcription = await self.engine.pipe("finish", call, answer, at=1)
        return result

    async def _from_network(self, call: Call) -> Transcription:
        """Encode the audio and send it until there is an answer or an error that stands."""
        key = Headers(authorization=f"Bearer {await self._key()}")  # a traceback shows what a frame holds
        audio = await self._encoded(call)
        request = request_of(call.model, call.options, audio)
        sending = Sending(call, request, headers_of(request, self.settings.headers, key), self.transport)
        number = 0
        while True:
            number += 1
            try:
                result = await self._attempted(sending, number)
            except STTError as error:
                error.attempts = sending.begun
                stands = sending.answer is not None
                delay = None if stands else await self._delay(Failure(call=call, error=error, attempt=number))
                if delay is None:
                    error.maybe_billed = error.maybe_billed or sending.unsure or stands
                    raise
            else:
                return result if result.attempts == sending.begun else result.replace(attempts=sending.begun)
            await self.runtime.sleep(delay)

    async def _attempted(self, sending: Sending, number: int) -> Transcription:
        call, audio = sending.call, sending.request.audio
        attempt = Attempt(call=call, number=number, size=audio.size, format=audio.format or "", duration=audio.duration)
        if observers := self.engine.observers(events.AttemptStarted):
            await self.engine.tell(_attempt_started(attempt), observers)
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
        if not key.is_called:
            return key.read()
        return await self.engine.holding.in_thread("the function that gives the API key", key.read)

    async def _delay(self, failure: Failure) -> float | None:
        """Ask the plugins whether to send again, and return the seconds to wait, or None where the error stands."""
        call, error, number = failure.call, failure.error, failure.attempt
        await self.engine.tell(events.AttemptFailed(call_id=call.id, model=call.model, number=number, error=error))
        if not isinstance(error, APIError):
            return None
        delay, plugin = await self.engine.first("retry", failure)
        if delay is None or delay is STOP or delay >= call.remaining:
            return None
        if not delay >= 0:
            raise PluginError(f"plugin {plugin!r}, hook retry, returned {delay!r}, which is no time to wait")
        await self.engine.tell(
            events.RetryScheduled(call_id=call.id, model=call.model, number=number + 1, delay=delay, error=error)
        )
        return float(delay)


def _stated(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{name} must be a str that is not empty, not {value!r}")
    return value


def _attempt_started(attempt: Attempt) -> events.AttemptStarted:
    return events.AttemptStarted(
        call_id=attempt.call.id,
        model=attempt.call.model,
        number=attempt.number,
        size=attempt.size,
        format=attempt.format,
        duration=attempt.duration,
    )


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
