"""What is read from a server, from disk or from a recording: each target reads bytes, and says what holds of any."""

from __future__ import annotations

import gzip
import io
import json
import math
import pickle
import re
import sqlite3
import tempfile
import warnings
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from openrouter_stt import (
    APIResponseError,
    APIStatusError,
    Audio,
    AudioError,
    Call,
    ConfigurationError,
    STTError,
    Transcription,
)
from openrouter_stt._answer import LONGEST_WAIT, Reply, read_answer, retry_after
from openrouter_stt._decompress import decompressed
from openrouter_stt._json import DEEPEST, read_object, readable
from openrouter_stt._redact import redacted
from openrouter_stt._runtime import SyncRuntime
from openrouter_stt_plugins._audio_probe import KNOWN_FORMATS, describe_non_audio, probe
from openrouter_stt_plugins._cache._answers import DamagedEntryError, _checksum
from openrouter_stt_plugins._cache._tables import SCHEMA
from openrouter_stt_plugins.cache import DATABASE, DiskCache
from openrouter_stt_plugins.encoding import Encoding
from openrouter_stt_plugins.redaction import Redaction

KEY: Final = "sk-or-v1-fuzz"
BOUND: Final = 4096  # bytes, decompressed
BUDGET: Final = 1 << 20  # bytes that the probe reads
CALL: Final = Call(
    id="", model="m", audio=Audio.from_bytes(b"-"), base_url="", deadline=math.inf, runtime=SyncRuntime()
)
WORDS: Final = {"e-mail": "ann.other@example.org", "card": "4111 1111 1111 1111", "address": "2001:db8::17"}
OTHER: Final = Transcription(text="something else", model="m")
RAW: Final = ("u8", "s16", "s24", "s32", "f32", "f64")
"""Formats of samples."""


def wait(data: bytes) -> None:
    """Retry-After is a time that can be waited, or none."""
    seconds = retry_after(data.decode("latin-1"))
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT
    if re.fullmatch(rb"[0-9]{1,9}", data):
        assert seconds == int(data)


def answer(data: bytes) -> None:
    """A reply is a text, which is the server's own, or a plain and short error; neither has the key."""
    status = (200, 200, 400, 401, 402, 429, 503, 524)[data[0] % 8] if data else 204
    head, _, body = data[1:].partition(b"\n")
    headers = {"retry-after": head.decode("latin-1"), "x-generation-id": head.decode("latin-1"), "x-other": KEY}
    result = read_answer(
        Reply(status, headers, body), model="m", attempts=1, headers={"authorization": f"Bearer {KEY}"}
    )
    text = _stated_text(body) if status == 200 else None
    if isinstance(result, Transcription):
        assert result.text.encode().decode() == result.text
        assert KEY not in f"{result!r} {result.to_dict()}"
        assert text is None or result.text == readable(text).replace(KEY, "[redacted]")
        _is_kept(result)
    else:
        assert isinstance(result, APIStatusError | APIResponseError)
        assert not text
        _is_plain(result)


def _stated_text(body: bytes) -> str | None:
    """Read the text as anybody does, where the body is beyond doubt."""
    try:
        document = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    text = document.get("text") if isinstance(document, dict) else None
    return text if isinstance(text, str) and body.count(b"[") + body.count(b"{") <= DEEPEST else None


def _is_plain(error: STTError) -> None:
    said = str(error)
    assert len(said) < 2000
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", said)
    assert KEY not in f"{error!r} {vars(error)!r}"
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    assert type(copy) is type(error)
    assert (str(copy), repr(vars(copy))) == (said, repr(vars(error)))


def _is_kept(result: Transcription) -> None:
    """What a cache writes is JSON, and reads back equal."""
    kept = Transcription.from_dict(json.loads(json.dumps(result.to_dict())))
    assert (kept.text, kept.usage, kept.generation_id) == (result.text, result.usage, result.generation_id)
    assert json.dumps(kept.to_dict()) == json.dumps(result.to_dict())


def document(data: bytes) -> None:
    """JSON is read as the standard library reads it, or is left; nothing is deeper than can be walked."""
    read = read_object(data)
    assert _depth(read) <= DEEPEST
    json.dumps(read, allow_nan=False)
    with suppress(ValueError, RecursionError):
        stated = json.loads(data.decode(), parse_constant=lambda _: None, parse_float=_finite)
        if isinstance(stated, dict) and data.count(b"[") + data.count(b"{") <= DEEPEST:
            assert repr(read) == repr(stated)


def _finite(digits: str) -> float | None:
    return float(digits) if math.isfinite(float(digits)) else None


def _depth(value: Any) -> int:
    inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(_depth, inside), default=0)


def compression(data: bytes) -> None:
    """What is decompressed is within bounds, and what was compressed comes out again."""
    coding, _, body = data.partition(b"\n")
    with suppress(APIResponseError):
        plain = decompressed(body, coding.decode("latin-1"), BOUND)
        assert len(plain) <= max(BOUND, len(body))
    for name, packed in {"gzip": gzip.compress(body), "deflate": zlib.compress(body)}.items():
        if len(body) <= BOUND:
            assert decompressed(packed, name, BOUND) == body


def kept_answer(data: bytes) -> None:
    """An entry of a cache is an answer, or is refused as such and forgotten."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    store = _store()
    with store._answers._database.written() as database:
        database.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
            ("key", SCHEMA, text, _checksum("key", text, 1.0), len(data), 1.0, 1),
        )
    try:
        found = store.cache_get("key")
    except (KeyError, TypeError, ValueError, RecursionError):
        assert store.cache_get("key") is None
        return
    assert found is not None
    json.dumps(found.to_dict())


@cache
def _store() -> DiskCache:
    return DiskCache(_folder(), ttl=None)


def _folder() -> Path:
    folder = tempfile.TemporaryDirectory()
    _folders.append(folder)
    return Path(folder.name)


_folders: Final[list[tempfile.TemporaryDirectory[str]]] = []  # they go with the process


def kept_file(data: bytes) -> None:
    """A database with any bytes changed gives the answer that was kept, or none; nothing else gets out."""
    folder, whole = _template()
    changed = bytearray(whole)
    for start in range(0, len(data) - 3, 4):
        place, value = int.from_bytes(data[start : start + 3]), data[start + 3]
        changed[place % len(changed)] = value
    for path in folder.iterdir():
        path.unlink()
    (folder / DATABASE).write_bytes(changed)
    store = DiskCache(folder)
    steps: list[Callable[[], object]] = [
        lambda: store.cache_claim("key", CALL),
        lambda: store.cache_set("other", OTHER),
        store.info,
        store.clear,
    ]
    for step in (partial(_found, store), *steps, partial(_found, store)):
        with suppress(sqlite3.Error, DamagedEntryError, ConfigurationError):
            step()
    store.close()


def _found(store: DiskCache) -> None:
    found = store.cache_get("key")
    assert found is None or found.text == "what was said"


@cache
def _template() -> tuple[Path, bytes]:
    """Make a folder with a small cache, and return it with the bytes of its file."""
    folder = _folder()
    store = DiskCache(folder, ttl=None)
    store.cache_set("key", Transcription(text="what was said", model="m"))
    store.cache_set("other", OTHER)
    store.close()
    return folder, (folder / DATABASE).read_bytes()


def secrets(data: bytes) -> None:
    """No secret and no audio is left in an error's document, wherever they stand."""
    first, _, rest = data.partition(b"\n")
    secret = re.sub(r"[^a-z0-9-]", "", first.decode("latin-1").lower())
    if len(secret) < 8 or secret in "[redacted]":
        return
    text = rest.decode("utf-8", "replace")
    sound = "UklGRiQAAABXQVZF" * 8
    shown = json.dumps(redacted([text + secret, {f"{secret}{text}": [secret * 2 + text]}, sound + text], [secret]))
    assert secret not in shown
    assert sound not in shown


def personal(data: bytes) -> None:
    """What stands for itself in a transcript is found, whatever stands around it; a text without digits and @ stays."""
    text = data.decode("utf-8", "replace")
    for word in WORDS.values():
        assert word not in _finished(f"{text}\n{word}\n{text}")
    if not re.search(r"[\d@:]", text):
        assert _finished(text) == text


def _finished(text: str) -> str:
    return Redaction().finish(CALL, Transcription(text=text, model="m")).text


class _Counted(io.BytesIO):
    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        block = super().read(size)
        self.taken += len(block)
        return block


def recording(data: bytes) -> None:
    """A recording is described from little of it, or is no audio; either way a call gets an `AudioError` at most."""
    file = _Counted(data)
    info = probe(file, len(data))
    assert file.taken <= BUDGET
    assert isinstance(describe_non_audio(data[:4096]), str | None)
    if info is not None:
        assert info.duration is None or 0 <= info.duration < math.inf
        assert info.sample_rate is None or info.sample_rate > 0
        assert info.channels is None or info.channels > 0
    if data:
        with suppress(AudioError), warnings.catch_warnings(action="ignore"):
            encoded = Encoding().encode_audio(Audio.from_bytes(data, name="a.wav"), CALL)
            assert encoded.format in KNOWN_FORMATS
            assert encoded.read() == data


def samples(data: bytes) -> None:
    """Raw samples become a WAV file that says what they are, and holds them all; or they are refused."""
    rate, channels = int.from_bytes(data[:3]), int.from_bytes(data[3:4])
    kind: Any = RAW[data[4] % len(RAW)] if len(data) > 4 else "s16"
    with suppress(AudioError):
        audio = Encoding().encode_audio(
            Audio.from_pcm(data[5:], sample_rate=rate, channels=channels, sample_format=kind), CALL
        )
        file = audio.read()
        info = probe(io.BytesIO(file), len(file))
        assert info is not None
        assert (info.format, info.sample_rate, info.channels) == ("wav", rate, channels)
        assert info.duration is not None
        assert math.isclose(info.duration, audio.duration or -1)
        assert data[5:] in file
        assert len(file) % 2 == 0


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    target.__name__: target
    for target in (
        wait, answer, document, compression, kept_answer, kept_file, secrets, personal, recording, samples,
    )
}  # fmt: skip
