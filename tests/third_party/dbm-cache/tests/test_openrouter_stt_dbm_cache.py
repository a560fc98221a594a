"""What the cache promises."""

from __future__ import annotations

import dbm
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from openrouter_stt_dbm_cache import PATH, DbmCache

from openrouter_stt import CacheHit, ConfigurationError, Transcription
from openrouter_stt.testing import Answer, FakeClock, FakeTransport, MakeClient, Recorder, conformance, tone

KEY = "0" * 64


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return where a cache may be made."""
    return tmp_path / "kept" / "answers"


def test_contract(place: Path) -> None:
    """It keeps the contract of plugins."""
    serial = count()
    conformance(lambda: DbmCache(place.with_name(f"answers{next(serial)}")))


def test_contract_of_one_file(place: Path) -> None:
    """It keeps the contract where all clients share a file."""
    conformance(lambda: DbmCache(place))


def test_the_same_audio_is_paid_for_once(
    stt_client: MakeClient, stt_transport: FakeTransport, stt_events: Recorder, place: Path
) -> None:
    """The second answer comes from the file, and another recording's does not."""
    driver = stt_client(DbmCache(place), strict=True)
    results = [driver.transcribe(audio) for audio in (tone(), tone(), tone(880.0))]
    assert [result.source for result in results] == ["network", "cache", "network"]
    assert len(stt_transport.requests) == 2
    assert len(stt_events.of(CacheHit)) == 1


def test_answers_outlive_a_client(stt_client: MakeClient, stt_transport: FakeTransport, place: Path) -> None:
    """What one client kept another one finds, with what it cost."""
    stt_transport.will(Answer.text("good morning", usage={"cost": 0.25}))
    results = [stt_client(DbmCache(place), strict=True).transcribe() for _ in range(2)]
    assert [result.source for result in results] == ["network", "cache"]
    assert results[1].text == "good morning"
    assert results[1].usage == results[0].usage


def test_old_answers_are_asked_for_again(stt_client: MakeClient, stt_clock: FakeClock, place: Path) -> None:
    """An answer is served for less than `ttl` seconds."""
    driver = stt_client(DbmCache(place, ttl=60.0, clock=lambda: stt_clock.now), strict=True)
    sources: list[str] = []
    for seconds in (0.0, 59.0, 1.0, 0.0):
        stt_clock.advance(seconds)
        sources.append(driver.transcribe().source)
    assert sources == ["network", "cache", "network", "cache"]


def test_old_answers_leave_the_file(place: Path) -> None:
    """Looking for one that is too old removes it."""
    clock = FakeClock()
    cache = DbmCache(place, ttl=60.0, clock=lambda: clock.now)
    cache.cache_set(KEY, Transcription(text="a", model="m"))
    clock.advance(60.0)
    assert cache.cache_get(KEY) is None
    assert entries(place) == {}


def test_answers_may_be_kept_for_good(place: Path) -> None:
    """Without `ttl` none is too old."""
    clock = FakeClock()
    cache = DbmCache(place, ttl=None, clock=lambda: clock.now)
    cache.cache_set(KEY, Transcription(text="a", model="m"))
    clock.advance(1e9)
    kept = cache.cache_get(KEY)
    assert kept is not None
    assert kept.text == "a"


def test_values_are_json(place: Path) -> None:
    """Nothing that is read could be executed."""
    DbmCache(place, clock=lambda: 5.0).cache_set(KEY, Transcription(text="a", model="m"))
    entry = json.loads(entries(place)[KEY.encode()])
    assert entry["kept"] == 5.0
    assert entry["answer"]["text"] == "a"


ANSWER = Transcription(text="a", model="m").to_dict()


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"\xff",
        b"[]",
        b"1",
        b"{}",
        json.dumps({"key": KEY, "kept": 0, "answer": {}}).encode(),
        json.dumps({"key": KEY, "kept": "x", "answer": ANSWER}).encode(),
        json.dumps({"key": "1" * 64, "kept": 1e12, "answer": ANSWER}).encode(),
    ],
)
def test_what_is_no_answer_is_a_miss(place: Path, damaged: bytes) -> None:
    """It is removed as well."""
    cache = DbmCache(place)
    place.parent.mkdir()
    with dbm.open(str(place), "c") as file:
        file[KEY] = damaged
    assert cache.cache_get(KEY) is None
    assert entries(place) == {}


def test_a_file_of_something_else_breaks_no_call(stt_client: MakeClient, tmp_path: Path) -> None:
    """The call goes on without the cache, and the file stays as it is."""
    other = tmp_path / "notes.txt"
    other.write_text("these are my notes, not a database", "utf-8")
    assert stt_client(DbmCache(other)).transcribe().source == "network"
    assert other.read_text("utf-8") == "these are my notes, not a database"


def test_a_strict_client_tells_of_the_file(stt_client: MakeClient, tmp_path: Path) -> None:
    """There an unusable file is an error."""
    other = tmp_path / "notes.txt"
    other.write_text("these are my notes, not a database", "utf-8")
    driver = stt_client(DbmCache(other), strict=True)
    with pytest.raises(dbm.error):
        driver.transcribe()


def test_threads_may_share_a_file(place: Path) -> None:
    """Many caches of one file lose no answer."""

    def keep(number: int) -> str | None:
        cache, key = DbmCache(place), f"{number:064x}"
        cache.cache_set(key, Transcription(text=str(number), model="m"))
        kept = cache.cache_get(key)
        return kept.text if kept else None

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(keep, range(64))) == [str(number) for number in range(64)]
    assert len(entries(place)) == 64


def test_transcripts_are_for_their_owner(place: Path) -> None:
    """Nobody else may read folder or files."""
    DbmCache(place).cache_set(KEY, Transcription(text="a", model="m"))
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) & 0o077 for file in place.parent.iterdir()} == {0}


def test_the_environment_names_the_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does where no argument does."""
    monkeypatch.setenv(PATH, str(place))
    assert DbmCache().path == place
    assert DbmCache("other").path == Path("other")


def test_without_a_file_there_is_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written to a place that nobody chose, and the error says how to choose one."""
    monkeypatch.delenv(PATH, raising=False)
    with pytest.raises(ConfigurationError, match=PATH):
        DbmCache()


@pytest.mark.parametrize("ttl", [0.0, -1.0, float("nan")])
def test_a_ttl_that_keeps_nothing_is_refused(ttl: float) -> None:
    """It cannot work."""
    with pytest.raises(ConfigurationError, match="ttl"):
        DbmCache("answers", ttl=ttl)


def test_it_is_found_by_its_name(stt_client: MakeClient, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is installed a client may ask for it."""
    monkeypatch.setenv(PATH, str(place))
    assert "dbm-cache" in stt_client("dbm-cache").plugins


def entries(place: Path) -> dict[bytes, bytes]:
    """Return all that is in the file."""
    with dbm.open(str(place), "r") as file:
        return {key if isinstance(key, bytes) else key.encode(): file[key] for key in file.keys()}  # noqa: SIM118
