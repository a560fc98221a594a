"""The same audio is paid for once, and no answer is given to another question."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openrouter_stt import Audio, Call, ConfigurationError, Transcription, hookimpl
from openrouter_stt._body import INLINE
from openrouter_stt._cachekey import Digests, cache_key
from openrouter_stt._runtime import SyncRuntime
from openrouter_stt_plugins.cache import MemoryCache
from tests.hooks.small_plugins import Small, answering
from tests.support.caches import CACHES, Constant, MakeCache
from tests.support.server import Answer, Server
from tests.support.sounds import WAV, wav
from tests.support.worlds import MODEL, World

in_each_cache = pytest.mark.parametrize("make", CACHES.values(), ids=CACHES.keys())
OTHER = wav(b"\x02\x01" * 800)


class Shouting:
    """A plugin that changes the text."""

    name = "shouting"

    @hookimpl
    def finish(self, transcription: Transcription) -> Transcription:
        return transcription.replace(text=transcription.text.upper())


@in_each_cache
def test_a_second_call_is_answered_without_the_network(
    server: Server, world: World, make: MakeCache, tmp_path: Path
) -> None:
    """The answer is the same in all but where it came from."""
    usage = {"cost": 0.1, "seconds": 2.0, "input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    server.will(Answer.of(200, {"text": "kept", "usage": usage, "extra": [1]}, X_Generation_Id="gen-1"))
    client = world.client(base_url=server.url, cache=make(tmp_path))
    first, second = client.transcribe(WAV), client.transcribe(WAV)
    assert second == first.replace(source="cache", attempts=0)
    assert (first.source, first.attempts, len(server.requests)) == ("network", 1, 1)
    assert first.response == second.response


@in_each_cache
def test_the_same_audio_from_another_source_is_a_hit(
    server: Server, world: World, make: MakeCache, tmp_path: Path
) -> None:
    """The key covers the content, not the name."""
    path = tmp_path / "talk.wav"
    path.write_bytes(WAV)
    client = world.client(base_url=server.url, cache=make(tmp_path))
    sources = [client.transcribe(source).source for source in (WAV, path, ("other.wav", WAV), bytearray(WAV))]
    assert sources == ["network", "cache", "cache", "cache"]


@pytest.mark.parametrize(
    ("source", "options"),
    [
        (OTHER, {}),
        (WAV, {"model": "other/model"}),
        (WAV, {"language": "de"}),
        (WAV, {"temperature": 0.5}),
        (WAV, {"provider": {"options": {"openai": {"prompt": "x"}}}}),
        (WAV, {"format": "wav"}),
        (Audio.from_bytes(WAV, format="mp3"), {}),
        (Audio.from_pcm(WAV, sample_rate=8000), {}),
    ],
)
def test_another_question_is_asked_anew(server: Server, world: World, source: Any, options: Any) -> None:
    client = world.client(base_url=server.url, cache="memory")
    client.transcribe(WAV)
    assert client.transcribe(source, **options).source == "network"


def test_the_layout_of_raw_samples_is_part_of_the_question(server: Server, world: World) -> None:
    """The same bytes are another recording at another rate."""
    client = world.client(base_url=server.url, cache="memory")
    for rate in (8000, 16_000, 8000):
        client.transcribe(Audio.from_pcm(bytes(1000), sample_rate=rate))
    assert len(server.requests) == 2


@pytest.mark.parametrize("change", ["base_url", "plugin", "other settings of a plugin"])
def test_another_client_may_ask_another_question(server: Server, world: World, change: str, tmp_path: Path) -> None:
    """Its server and the plugins that change a result are in the key: no text from before a redactor is served."""
    changed: dict[str, Any] = {"base_url": server.url + "/v2"} if change == "base_url" else {"base_url": server.url}
    if change != "base_url":
        changed["plugins"] = [Shouting()]
    if change == "other settings of a plugin":
        world.client(base_url=server.url, plugins=[Shouting()], cache=tmp_path).transcribe(WAV)
        changed["plugins"][0].fingerprint = "louder"
    world.client(base_url=server.url, cache=tmp_path).transcribe(WAV)
    assert world.client(cache=tmp_path, **changed).transcribe(WAV).source == "network"


def test_what_is_kept_is_what_the_plugins_made_of_it(server: Server, world: World) -> None:
    client = world.client(base_url=server.url, plugins=[Shouting()], cache="memory")
    assert [client.transcribe(WAV).text for _ in range(2)] == ["HELLO", "HELLO"]
    assert len(server.requests) == 1


def test_a_folder_serves_a_later_client(server: Server, world: World, tmp_path: Path) -> None:
    """It is the owner's alone."""
    folder = tmp_path / "new" / "folder"
    first = world.client(base_url=server.url, cache=folder)
    first.transcribe(WAV)
    first.close()
    assert world.client(base_url=server.url, cache=str(folder)).transcribe(WAV).source == "cache"
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "answers.sqlite3").stat().st_mode & 0o077 == 0


def test_the_answer_used_longest_ago_is_forgotten(server: Server, world: World) -> None:
    client = world.client(base_url=server.url, cache=MemoryCache(entries=2))
    sources = [client.transcribe(WAV, model=model).source for model in ("a", "b", "a", "c", "a", "c", "b")]
    assert sources == ["network", "network", "cache", "network", "cache", "cache", "network"]


@in_each_cache
def test_errors_are_not_kept(server: Server, world: World, make: MakeCache, tmp_path: Path) -> None:
    client = world.client(base_url=server.url, cache=make(tmp_path))
    server.will(Answer(400))
    with pytest.raises(Exception, match="400"):
        client.transcribe(WAV)
    assert client.transcribe(WAV).source == "network"


def _no_database(folder: Path) -> None:
    (folder / "answers.sqlite3").write_bytes(b"no database" * 500)


def _a_link_to_nowhere(folder: Path) -> None:
    folder.rmdir()
    folder.symlink_to("nowhere")


def _another_table(folder: Path) -> None:
    with sqlite3.connect(folder / "answers.sqlite3") as database:
        database.execute("CREATE TABLE answers (something TEXT)")
    database.close()


BREAKS = [_no_database, _a_link_to_nowhere, _another_table]


@pytest.mark.parametrize("break_it", BREAKS)
def test_a_broken_cache_is_a_miss(
    server: Server,
    world: World,
    break_it: Callable[[Path], None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Calls go on, with one warning."""
    folder = tmp_path / "cache"
    folder.mkdir()
    break_it(folder)
    client = world.client(base_url=server.url, cache=folder)
    assert [client.transcribe(WAV).text for _ in range(3)] == ["hello"] * 3
    assert len(server.requests) == 3
    (warned,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warned.startswith("plugin 'cache', hook cache_get failed with ")


@pytest.mark.parametrize("break_it", BREAKS)
def test_a_strict_client_raises_what_breaks_its_cache(
    server: Server, world: World, break_it: Callable[[Path], None], tmp_path: Path
) -> None:
    """A note names the plugin and the hook."""
    folder = tmp_path / "cache"
    folder.mkdir()
    break_it(folder)
    client = world.client(base_url=server.url, cache=folder, strict=True)
    with pytest.raises((OSError, sqlite3.Error, ConfigurationError)) as caught:
        client.transcribe(WAV)
    assert caught.value.__notes__ == ["raised in plugin 'cache', hook cache_get"]


def test_a_cache_may_be_one_s_own(server: Server, world: World) -> None:
    """It may decide on the keys, too."""
    cache = Constant()
    client = world.client(base_url=server.url, cache=cache)
    assert [client.transcribe(source).source for source in (WAV, OTHER)] == ["network", "cache"]
    assert cache.kept["always"].model == MODEL


@pytest.mark.parametrize("cache", [7, True, object(), b"folder"])
def test_a_cache_must_be_one(world: World, cache: Any) -> None:
    with pytest.raises(ConfigurationError, match='cache must be "memory", the path of a folder, or a plugin'):
        world.client(cache=cache)


@pytest.mark.parametrize(("size", "worker"), [(1000, False), (INLINE, False), (INLINE + 1, True)])
def test_a_digest_does_not_hold_up_the_loop(
    world: World, monkeypatch: pytest.MonkeyPatch, size: int, worker: bool
) -> None:
    """That of a large file is made in a worker thread of the async client."""
    threads: list[int] = []
    here = Small("here", prepare_request=lambda: threads.append(threading.get_ident()))

    def noting(digests: Digests, audio: Audio) -> str:
        threads.append(threading.get_ident())
        return audio.digest()

    monkeypatch.setattr(Digests, "of", noting)
    world.client(plugins=[here, answering("hello")], cache="memory").transcribe(wav(bytes(size - 44)))
    assert (threads[0] == threads[1]) is (world.name == "sync" or not worker)


def _call(**changes: Any) -> Call:
    audio = Audio.from_pcm(bytes(1000), sample_rate=8000)
    facts = {"id": "1", "model": "m", "audio": audio, "base_url": "https://example.invalid", "deadline": 0.0}
    options = {"language": "en", "temperature": 0.5}
    return Call(**{**facts, "options": options, "fingerprint": "f", "runtime": SyncRuntime(), **changes})  # type: ignore[arg-type]


def _key(call: Call) -> str:
    return cache_key(call, call.audio.digest())


def test_a_key_stays_what_it_is() -> None:
    """Whatever else changes in a later version: what is kept on disk is to be found."""
    key = "c373f24d8dabe2961092a674f16cf48e6f6d254d01ced7b9886d813c5fa379e0"
    assert _key(_call()) == key
    assert _key(_call(options={"temperature": 0.5, "language": "en"}, id="2", deadline=1.0)) == key
    assert _key(_call(options={})) == "210f2e691baf4fa79f5df7e7f1bcb7a9b4187f2ebef47eb6bbd4569ef1dfb428"
    others = [{"model": "n"}, {"base_url": "b"}, {"fingerprint": "g"}, {"format": "wav"}, {"options": {}}]
    audios = [Audio.from_pcm(bytes(1000), sample_rate=9000), Audio.from_pcm(bytes(998), sample_rate=8000)]
    keys = {_key(_call(**change)) for change in [*others, *({"audio": audio} for audio in audios), {}]}
    assert len(keys) == 8


def test_what_json_does_not_know_is_part_of_a_key() -> None:
    """As an option of a plugin may be."""
    assert _key(_call(options={"a": {1}})) == _key(_call(options={"a": {1}}))
    assert _key(_call(options={"a": {1}})) != _key(_call(options={"a": {2}}))


def test_a_large_file_has_a_key_too(server: Server, world: World) -> None:
    """Its digest is made in a worker thread of the async client."""
    client = world.client(base_url=server.url, cache="memory")
    large = wav(bytes(2_000_000))
    assert [client.transcribe(large).source for _ in range(2)] == ["network", "cache"]
