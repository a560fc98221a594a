"""Only type-checked, never run: what an editor completes and a checker finds in code that uses the library."""

import io
from pathlib import Path
from typing import assert_type

import numpy as np

from openrouter_stt import (
    APIStatusError,
    AsyncClient,
    Audio,
    Call,
    Client,
    HookSpecs,
    Proceed,
    STTError,
    TooManyRequestsError,
    Transcription,
    Usage,
    hookimpl,
    transcribe,
)


def every_source_is_accepted(client: Client) -> None:
    for source in ("talk.mp3", Path("talk.mp3"), b"RIFF", bytearray(), memoryview(b""), io.BytesIO(), ("a.wav", b"")):
        client.transcribe(source, model="m")
    client.transcribe(Audio.from_array(np.zeros(1, dtype=np.float32), sample_rate=16_000), model="m")
    client.transcribe(17, model="m")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def options_come_from_the_spec(client: Client) -> None:
    client.transcribe(b"", model="m", language="en", temperature=0.0, provider={"options": {"openai": {"a": 1}}})
    client.transcribe(b"", model="m", language=None, temperature=None, provider=None)
    client.transcribe(b"", model="m", language=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.transcribe(b"", model="m", langage="en")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.transcribe(b"")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def answers_are_typed(client: Client) -> None:
    result = assert_type(client.transcribe(b"", model="m"), Transcription)
    assert_type(transcribe(b"", model="m").text, str)
    assert_type(result.usage, Usage | None)
    if result.response is not None:
        assert_type(result.response.text, str)


async def the_async_client_is_the_same() -> None:
    async with AsyncClient(lambda: "key", timeout=5) as client:
        assert_type(await client.transcribe(b"", model="m", language="en"), Transcription)


def errors_are_typed(error: Exception) -> None:
    if isinstance(error, TooManyRequestsError):
        assert_type(error.status, int)
        assert_type(error.retry_after, float | None)
    assert issubclass(TooManyRequestsError, APIStatusError)
    assert issubclass(APIStatusError, STTError)


class TypedPlugin(HookSpecs):
    @hookimpl
    async def around_call(self, call: Call, proceed: Proceed) -> Transcription:
        return assert_type(await proceed(call), Transcription)

    @hookimpl
    def prepare_request(self, call: Call) -> Call:
        return call.replace(model="m")

    @hookimpl
    def finish(self, call: Call, transcription: Transcription) -> str:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return transcription.text
