"""The two clients: one pipeline, run through in the sync one and awaited in the async one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, Unpack

from ._audio import MAX_AUDIO_SIZE, Given, Source
from ._engine import Engine
from ._errors import ConfigurationError
from ._keeping import Keeping
from ._light import import_httpx
from ._pipeline import Pipeline
from ._plugins import CACHE, Plugin, Selection, chosen
from ._registry import register
from ._runtime import AsyncRuntime, Runtime, SyncRuntime, run_through
from ._settings import ApiKey, Key, Settings, checked_transport, settings, switched_on
from ._values import Transcription
from ._wire import TranscriptionOptions

if TYPE_CHECKING:
    import httpx  # noqa: F401  named in the clients' type parameters

    from ._transport import Transport

HttpTransport = TypeVar("HttpTransport")


def _sync_transport(*args: Any) -> Transport:
    import_httpx()
    from ._transport import SyncTransport  # late: httpx takes long to import

    return SyncTransport(*args)


def _async_transport(*args: Any) -> Transport:
    import_httpx()
    from ._chosen import chosen_transport

    return chosen_transport(*args)


class _BaseClient(Generic[HttpTransport]):
    """What both clients share: everything but how a coroutine is run."""

    _settings: Settings | None = None
    _plugins: tuple[Plugin, ...] = ()
    _runtime: Runtime  # of the class; the test kit's clients have their own
    _connect: ClassVar[Callable[..., Transport]]

    def __init__(
        self,
        api_key: ApiKey = None,
        *,
        base_url: str | None = None,
        timeout: float | None = None,
        plugins: Iterable[object] = (),
        disable: Iterable[str] = (),
        autoload: bool = True,
        cache: str | os.PathLike[str] | object | None = None,
        transport: HttpTransport | None = None,
        headers: Mapping[str, str] | None = None,
        strict: bool = False,
        allow_insecure: bool = False,
        trust_env: bool = True,
        max_audio_size: int = MAX_AUDIO_SIZE,
    ) -> None:
        """Set up a client; nothing is sent or opened yet.

        Args:
            api_key: The key, or a function that returns one for each call; by default OPENROUTER_API_KEY.
            base_url: Where the API is; by default OPENROUTER_BASE_URL or the address in its spec.
            timeout: Seconds for a whole call, retries included; by default OPENROUTER_STT_TIMEOUT or 600.
            plugins: Objects, modules or classes with hooks, or names of installed plugins; the first is asked first.
                What is named here must work: else it is an error, and for other installed plugins a warning.
            disable: Names of plugins to leave out, built-in ones included.
            autoload: Whether installed plugins are found by themselves.
            cache: "memory", the path of a folder, or a plugin that keeps answers; by default none is kept.
            transport: An httpx transport; by default aiohttp's on asyncio, where that is installed, else httpx's own.
            headers: Sent with each request, such as HTTP-Referer and X-Title.
            strict: Whether errors of observers and caches are raised; by default they are logged.
            allow_insecure: Whether the key may be sent over http:// to another machine.
            trust_env: Whether HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR are heeded.
            max_audio_size: Bytes a recording may have, by default 1 GiB; more is refused before it is read.

        Raises:
            ConfigurationError: For a setting that cannot work.
            PluginError: For a plugin that cannot be used.
        """
        key = Key(os.environ.get("OPENROUTER_API_KEY") if api_key is None else api_key)
        del api_key  # a traceback shows what a frame holds
        self._settings = settings(
            key=key,
            base_url=base_url,
            timeout=timeout,
            headers=headers,
            strict=strict,
            allow_insecure=allow_insecure,
            trust_env=trust_env,
            max_audio_size=max_audio_size,
        )
        transport = checked_transport(transport, is_async=self._runtime.is_async)
        selection = Selection.of(plugins, disable, autoload).adding(_cache_plugins(cache))
        registry = register(chosen(selection), is_async=self._runtime.is_async)
        self._plugins = registry.plugins
        self._closed = False
        engine_kind, pipeline = _machinery()
        engine = engine_kind(self._runtime, registry.hooks, strict)
        self._pipeline = pipeline(
            settings=self._settings,
            engine=engine,
            runtime=self._runtime,
            keeping=Keeping(engine, self._runtime, registry.cache()),
            transport=self._connect(self._runtime.now, transport, self._settings.trust_env),
            fingerprint=registry.fingerprint(),
        )

    @property
    def plugins(self) -> tuple[str, ...]:
        """The names of the client's plugins, the one that is asked first in front."""
        return tuple(plugin.name for plugin in self._plugins)

    def __reduce__(self) -> str:
        raise TypeError("a client holds a key and connections and cannot be pickled; make one where it is needed")

    def __repr__(self) -> str:
        base_url = self._settings and self._settings.base_url
        return f"openrouter_stt.{type(self).__name__}(base_url={base_url!r}, plugins={self.plugins!r})"

    def _open(self) -> Pipeline:
        if self._closed:
            raise ConfigurationError("the client is closed; make a new one")
        return self._pipeline


class Client(_BaseClient["httpx.BaseTransport"]):
    """Turns audio into text. Safe to share between threads; close it, or use it in a `with` block."""

    _runtime = SyncRuntime()
    _connect = staticmethod(_sync_transport)

    def transcribe(
        self,
        source: Source,
        *,
        model: str,
        format: str | None = None,
        timeout: float | None = None,
        **options: Unpack[TranscriptionOptions],
    ) -> Transcription:
        """Return what is said in a recording.

        Args:
            source: A path (a str is always one), bytes-like audio, a binary file object, `(name, data)`, or an `Audio`.
            model: Which model listens, such as "openai/whisper-large-v3" or "local/moonshine-tiny".
            format: The audio's format on the wire; by default it is found in the content.
            timeout: Seconds for the whole call in place of the client's.
            **options: The optional fields of the API's request, such as language and temperature.

        Raises:
            AudioError: The source cannot be sent; nothing was.
            ConfigurationError: No key, or an option the API does not know.
            APIError: The exchange with the server failed; `attempts` and `maybe_billed` tell how.
        """
        given = Given(source)
        del source  # a traceback shows what a frame holds
        return run_through(self._open().transcribe(given, model=model, format=format, timeout=timeout, options=options))

    def close(self) -> None:
        """Close plugins and connections; closing twice does nothing."""
        if not self._closed:
            self._closed = True
            run_through(self._pipeline.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(_BaseClient["httpx.AsyncBaseTransport"]):
    """Turns audio into text, on asyncio or trio. Close it, or use it in an `async with` block.

    A client serves one running event loop, whose connections it keeps; another one may follow when that has ended.
    """

    _runtime = AsyncRuntime()
    _connect = staticmethod(_async_transport)

    async def transcribe(
        self,
        source: Source,
        *,
        model: str,
        format: str | None = None,
        timeout: float | None = None,
        **options: Unpack[TranscriptionOptions],
    ) -> Transcription:
        """Return what is said in a recording; see `Client.transcribe`."""
        given = Given(source)
        del source  # a traceback shows what a frame holds
        return await self._open().transcribe(given, model=model, format=format, timeout=timeout, options=options)

    async def close(self) -> None:
        """Close plugins and connections; closing twice does nothing."""
        if not self._closed:
            self._closed = True
            await self._pipeline.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


def transcribe(
    source: Source,
    *,
    model: str,
    api_key: ApiKey = None,
    format: str | None = None,
    timeout: float | None = None,
    **options: Unpack[TranscriptionOptions],
) -> Transcription:
    """Return what is said in one recording; a `Client` serves several better. Arguments as in `Client.transcribe`."""
    client, given = Client(api_key), Given(source)
    del api_key, source  # a traceback shows what a frame holds
    with client:
        return client.transcribe(given.source, model=model, format=format, timeout=timeout, **options)


def _machinery() -> tuple[type[Engine], type[Pipeline]]:
    """Choose what runs calls: where they are traced, what tells of each hook."""
    if not switched_on("OPENROUTER_STT_TRACE", default=False):
        return Engine, Pipeline
    from ._trace import TracingEngine, TracingPipeline

    return TracingEngine, TracingPipeline


def _cache_plugins(cache: object) -> list[object]:
    return [] if cache is None else [import_module(CACHE).cache_plugin(cache)]
