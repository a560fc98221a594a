"""The whole contract of a plugin."""

from __future__ import annotations

from ._audio import Audio
from ._events import Event
from ._markers import hookspec
from ._values import Attempt, Call, Failure, Proceed, ProceedAttempt, Stop, Transcription


class HookSpecs:
    """Every hook of a plugin, in the order in which a call passes them.

    A plugin is a class, an object or a module with functions marked `@hookimpl`. A class is called without arguments,
    anew for each client. Its name is its entry point's, or else its attribute `name`; one of a built-in plugin's name
    replaces that. The first plugin listed is asked first, and is the outermost of the two `around` hooks.

    The kind of a hook says how several plugins share it:

    - first: asked in turn, the first answer that is not None counts;
    - pipe: each gets what the one before returned; None leaves it as it is;
    - all: each is told, what they return is ignored;
    - around: `async def` with `proceed`, one inside the other. It may change what goes in and what comes out, call
      `proceed` again or not at all, and awaits nothing but `proceed` and what the call offers (`sleep`, `blocking`,
      `io`, `gather`). So it serves the sync and the async client alike.

    The other hooks are plain functions for both clients. One that takes long is marked `@hookimpl(blocking=True)`: that
    gives it a worker thread in the async client; one that does input or output may have an `async def` twin marked
    `@hookimpl(specname=...)`. A function may take fewer arguments than its hook has; in a class derived from this one,
    which type checkers then check, it takes all of them.

    What an error does: raise ends the call, with a note naming the plugin; isolate logs it and goes on.

    A plugin that changes audio or text by settings states them in an attribute `fingerprint` (a str): it is part of the
    key under which answers are kept.
    """

    @hookspec("around", returns=(Transcription,))
    async def around_call(self, call: Call, proceed: Proceed) -> Transcription:
        """Wrap a whole call: a span, a budget, cutting long audio into several calls, asking several models.

        Example::

            @hookimpl
            async def around_call(self, call, proceed):
                with tracer.start_as_current_span("transcribe"):
                    return await proceed(call)
        """
        return await proceed(call)

    @hookspec("pipe", returns=(Call,))
    def prepare_request(self, call: Call) -> Call | None:
        """Change what is asked for, such as model, language or options, before anything else is done.

        Example::

            @hookimpl
            def prepare_request(self, call):
                return call.replace(options={"language": "en", **call.options})
        """

    @hookspec("first", on_error="isolate", returns=(str,))
    def cache_key(self, call: Call) -> str | None:
        """Give the key of a call's answer in a cache; asked only where a plugin keeps answers.

        Without an answer the key covers the audio's bytes, every field of the request, the base URL and the plugins
        that change audio or text.

        Example::

            @hookimpl
            def cache_key(self, call):
                return f"{call.model}/{call.audio.digest()}"
        """

    @hookspec("first", on_error="isolate", returns=(Transcription,))
    def cache_get(self, key: str) -> Transcription | None:
        """Look for a kept answer; one that is found ends the call.

        Example::

            @hookimpl
            def cache_get(self, key):
                return self.answers.get(key)
        """

    @hookspec("first", returns=(Transcription,))
    def answer(self, call: Call) -> Transcription | None:
        """Answer without the network, such as by an engine on this machine.

        Example::

            @hookimpl(blocking=True)
            def answer(self, call):
                if call.model == "local/mine":
                    return Transcription(text=self.engine.run(call.audio.read()), model=call.model)
        """

    @hookspec("pipe", returns=(Audio,))
    def prepare_audio(self, audio: Audio, call: Call) -> Audio | None:
        """Change the audio before it is encoded, such as resampling or trimming; once a call, not once an attempt.

        Example::

            @hookimpl(blocking=True)
            def prepare_audio(self, audio):
                return Audio.from_bytes(denoise(audio.read()), format="wav")
        """

    @hookspec("first", returns=(Audio,))
    def encode_audio(self, audio: Audio, call: Call) -> Audio | None:
        """Turn the audio into what goes on the wire: bytes of a file whose `format` is set.

        None says that the plugin does not know such audio; `call.format` is the format asked for.

        Example::

            @hookimpl
            def encode_audio(self, audio):
                if (audio.name or "").endswith(".amr"):
                    return Audio.from_bytes(amr_to_wav(audio.read()), format="wav")
        """

    @hookspec("around", returns=(Transcription,))
    async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription:
        """Wrap each request that is sent: a rate limit, a circuit breaker, a span.

        Example::

            @hookimpl
            async def around_attempt(self, attempt, proceed):
                await attempt.call.sleep(self.bucket.wait_for(1))
                return await proceed(attempt)
        """
        return await proceed(attempt)

    @hookspec("first", returns=(int, float, Stop))
    def retry(self, failure: Failure) -> float | Stop | None:
        """Say whether to send again: the seconds to wait, `STOP`, or None for no opinion.

        An answer is taken before the built-in plugin's, which never sends again what may be billed
        (`failure.error.maybe_billed`).

        Example::

            @hookimpl
            def retry(self, failure):
                busy = isinstance(failure.error, ServiceUnavailableError)
                return 30.0 if busy and failure.attempt < 5 else None
        """

    @hookspec("first", returns=(Call,))
    def fallback(self, failure: Failure) -> Call | None:
        """Give another request once retries are spent, such as another model; None lets the error through.

        Example::

            @hookimpl
            def fallback(self, failure):
                if failure.call.model != "local/moonshine-tiny":
                    return failure.call.replace(model="local/moonshine-tiny")
        """

    @hookspec("pipe", returns=(Transcription,))
    def finish(self, call: Call, transcription: Transcription) -> Transcription | None:
        """Edit the answer before it is kept and returned, such as redaction or punctuation.

        Example::

            @hookimpl
            def finish(self, transcription):
                return transcription.replace(text=redact(transcription.text))
        """

    @hookspec("all", on_error="isolate")
    def cache_set(self, key: str, transcription: Transcription) -> None:
        """Keep a finished answer.

        Example::

            @hookimpl
            def cache_set(self, key, transcription):
                self.answers[key] = transcription
        """

    @hookspec("all", on_error="isolate")
    def event(self, event: Event) -> None:
        """Observe what happens; see the classes derived from `Event`.

        Example::

            @hookimpl
            def event(self, event):
                if isinstance(event, RetryScheduled):
                    metrics.count("retries")
        """

    @hookspec("all", on_error="isolate")
    def close(self) -> None:
        """Let go of what the plugin holds: the client is closing.

        Example::

            @hookimpl
            def close(self):
                self.connection.close()
        """
