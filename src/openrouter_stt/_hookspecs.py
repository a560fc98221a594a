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
    which type checkers then check, it takes all of them. There a function that never returns None says so by
    `-> Transcription`, without `| None`: then they find a missing return, too.

    What an error does: raise ends the call, with a note naming the plugin; isolate logs it and goes on.

    A plugin that changes audio or text by settings states them in an attribute `fingerprint` (a str): it is part of the
    key under which answers are kept.

    With OPENROUTER_STT_TRACE=1 in the environment a client prints which plugin did what in each call;
    `openrouter-stt plugins doctor` says what is wrong with those installed, and `openrouter_stt.testing.conformance`
    holds a plugin to all that is expected of one.
    """

    @hookspec("around", returns=(Transcription,))
    async def around_call(self, call: Call, proceed: Proceed) -> Transcription:
        """Wrap a whole call: a span, a budget, cutting long audio into several calls, asking several models.

        It begins before all other hooks and ends after them. `proceed` takes the call or a `replace()` of it, and may
        be called again, also several at once by `call.gather`, or not at all.

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

        Caches are asked afterwards, so their keys cover what was changed. An option that the API does not know is a
        `ConfigurationError`.

        Example::

            @hookimpl
            def prepare_request(self, call):
                return call.replace(options={"language": "en", **call.options})
        """

    @hookspec("first", on_error="isolate", returns=(str,))
    def cache_key(self, call: Call) -> str | None:
        """Give the key of a call's answer in a cache; asked only where a plugin keeps answers.

        Without an answer the key covers the audio's bytes, every field of the request, the base URL and the plugins
        that change audio or text (`call.fingerprint`). Calls of one key are served one answer, so a key of one's own
        has to cover as much.

        Example::

            @hookimpl(blocking=True)
            def cache_key(self, call):
                asked = json.dumps([call.model, call.format, call.base_url, call.options], sort_keys=True)
                return f"{asked} {call.fingerprint} {call.audio.digest()}"
        """

    @hookspec("first", on_error="isolate", returns=(Transcription,))
    def cache_get(self, key: str) -> Transcription | None:
        """Look for a kept answer; one that is found ends the call.

        It is returned as it was kept, with "cache" as its `source`: `finish` edited it before it was kept.

        Example::

            @hookimpl
            def cache_get(self, key):
                return self.answers.get(key)
        """

    @hookspec("first", on_error="isolate", returns=(int, float))
    def cache_claim(self, key: str, call: Call) -> float | None:
        """Say in how many seconds to look again, where another process is getting the answer; asked after each miss.

        None lets this call get the answer, as caches do that one process alone uses: of the calls in one process that
        share a cache, one asks for an answer and the others wait for it, whatever the cache does. A call looks again
        for at most half of its time. A claim should end by itself, since processes are killed.

        Example::

            @hookimpl(blocking=True)
            def cache_claim(self, key, call):
                claimed = self.redis.set(f"claim {key}", "", nx=True, px=int(1000 * call.remaining) + 1)
                return None if claimed else 0.1
        """

    @hookspec("first", returns=(Transcription,))
    def answer(self, call: Call) -> Transcription | None:
        """Answer without the network, such as by an engine on this machine.

        Asked after the caches. Its answer goes through `finish` and is kept, and its `source` is the plugin's name.
        The audio is as the caller gave it: `prepare_audio` and `encode_audio` are for the network alone.

        Example::

            @hookimpl(blocking=True)
            def answer(self, call):
                if call.model == "local/mine":
                    return Transcription(text=self.engine.run(call.audio.read()), model=call.model)
        """

    @hookspec("pipe", returns=(Audio,))
    def prepare_audio(self, audio: Audio, call: Call) -> Audio | None:
        """Change the audio before it is encoded, such as resampling or trimming; once a call, not once an attempt.

        Only for what goes to the network, and anew for the request of a `fallback`.

        Example::

            @hookimpl(blocking=True)
            def prepare_audio(self, audio):
                return Audio.from_bytes(denoise(audio.read()), format="wav")
        """

    @hookspec("first", returns=(Audio,))
    def encode_audio(self, audio: Audio, call: Call) -> Audio | None:
        """Turn the audio into what goes on the wire: bytes of a file whose `format` is set.

        None says that the plugin does not know such audio; `call.format` is the format asked for. The built-in plugin
        `encoding`, asked last, finds out the format of files and puts raw samples (`audio.pcm`) into a WAV file.

        Example::

            @hookimpl
            def encode_audio(self, audio):
                if (audio.name or "").endswith(".amr"):
                    return Audio.from_bytes(amr_to_wav(audio.read()), format="wav")
        """

    @hookspec("around", returns=(Transcription,))
    async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription:
        """Wrap each request that is sent: a rate limit, a circuit breaker, a span.

        `attempt` tells of the request, and a `replace()` of it changes nothing of what is sent. Each `proceed` sends,
        and may pay, once, until one is answered; after that it returns that answer. An `APIError` raised here goes to
        `retry`, as the server's do.

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

        Asked of an `APIError`, as long as the server gave no answer. What is said is taken before the built-in
        plugin's word, which does not send again what may be billed (`failure.error.maybe_billed`) but for once, where a
        kept connection broke before a byte of an answer (`stale`). A wait that would pass the call's deadline lets the
        error stand.

        Example::

            @hookimpl
            def retry(self, failure):
                busy = isinstance(failure.error, ServiceUnavailableError)
                return 30.0 if busy and failure.attempt < 5 else None
        """

    @hookspec("first", returns=(Call,))
    def fallback(self, failure: Failure) -> Call | None:
        """Give another request once retries are spent, such as another model; None lets the error through.

        Asked of an `APIError`. The request starts anew at `cache_key`, with retries of its own and what is left of the
        call's deadline; one that was tried before is not tried again, and a call has ten at most. Where
        `failure.error.maybe_billed` is true, it may pay a second time.

        Example::

            @hookimpl
            def fallback(self, failure):
                if failure.call.model != "local/moonshine-tiny":
                    return failure.call.replace(model="local/moonshine-tiny")
        """

    @hookspec("pipe", returns=(Transcription,))
    def finish(self, call: Call, transcription: Transcription) -> Transcription | None:
        """Edit the answer before it is kept and returned, such as redaction or punctuation.

        For answers of the server and of plugins; what a cache had was edited before it was kept.

        Example::

            @hookimpl
            def finish(self, transcription):
                return transcription.replace(text=redact(transcription.text))
        """

    @hookspec("all", on_error="isolate")
    def cache_set(self, key: str, transcription: Transcription) -> None:
        """Keep a finished answer, as all `finish` hooks left it, under the key that was asked for.

        Its `source` is "cache" and its `attempts` 0, as for those who will get it. `Transcription.to_dict` makes JSON
        of it, and `from_dict` reads that.

        Example::

            @hookimpl
            def cache_set(self, key, transcription):
                self.answers[key] = transcription
        """

    @hookspec("all", on_error="isolate")
    def cache_release(self, key: str) -> None:
        """Give up a claim, so that another process need not wait for it to end.

        Called where `cache_set` is not: the call that was to get the answer failed or was cancelled. Its error stays.

        Example::

            @hookimpl(blocking=True)
            def cache_release(self, key):
                self.redis.delete(f"claim {key}")
        """

    @hookspec("all", on_error="isolate")
    def event(self, event: Event) -> None:
        """Observe what happens; see the classes derived from `Event`.

        The call waits for it, so it only counts, logs or hands on. `@hookimpl(events=...)` says which events it is
        told.

        Example::

            @hookimpl(events=RetryScheduled)
            def event(self, event):
                metrics.count("retries")
        """

    @hookspec("all", on_error="isolate")
    def close(self) -> None:
        """Let go of what the plugin holds: the client is closing.

        Called once for each client, so several times where clients share an object.

        Example::

            @hookimpl
            def close(self):
                self.connection.close()
        """
