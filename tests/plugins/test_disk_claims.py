"""Processes that share a folder pay for an answer once, and one that was killed holds nobody up."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from openrouter_stt import _runtime as runtime
from openrouter_stt_plugins._cache import _owner
from openrouter_stt_plugins._cache._answers import LONGEST_CLAIM, LOOK_AGAIN, Answers
from tests.support.clock import Clock
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.spec import ROOT
from tests.support.worlds import World


@contextmanager
def _asking(server: Server, folder: Path) -> Iterator[tuple[subprocess.Popen[str], threading.Event]]:
    """Be beside another process whose request the server has, and answers when it is told to."""
    arrived, go = threading.Event(), threading.Event()

    def meanwhile() -> None:
        arrived.set()
        go.wait(20)

    server.will(Answer(meanwhile=meanwhile))
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.support.claiming_child", server.url, folder],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert arrived.wait(20)
        yield child, go
        go.set()


def test_one_request_for_two_processes(
    server: Server, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second waits for the first, and gets what that one kept."""
    with _asking(server, tmp_path) as (child, go):

        async def sleep(_: object, seconds: float) -> None:
            go.set()
            assert child.wait(20) == 0

        for kind in (runtime.SyncRuntime, runtime.AsyncRuntime):
            monkeypatch.setattr(kind, "sleep", sleep)
        assert world.client(base_url=server.url, cache=tmp_path).transcribe(WAV).source == "cache"
        assert child.stdout is not None
        assert child.stdout.read() == "network"
    assert len(server.requests) == 1


def test_a_killed_process_holds_nobody_up(server: Server, world: World, clock: Clock, tmp_path: Path) -> None:
    """The system knows that it is gone, so nobody waits for its claim to end."""
    with _asking(server, tmp_path) as (child, _):
        child.kill()
        child.wait()
        assert world.client(base_url=server.url, cache=tmp_path, strict=True).transcribe(WAV).source == "network"
    assert clock.waits == []


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Answers, Answers]]:
    """Two caches in one folder, as two processes have them; the first has claimed "key" for a minute."""
    one, two = (Answers(tmp_path, size=1000, ttl=None) for _ in range(2))
    assert one.claim("key", 60) is None
    yield one, two
    one.close()
    two.close()


Two = tuple[Answers, Answers]


def test_a_claim_is_one_s_own(now: list[float], two: Two) -> None:
    """Others wait, and ask for other answers meanwhile; who has it may claim it again."""
    assert two[1].claim("key", 60) == LOOK_AGAIN
    assert two[1].claim("other", 60) is None
    assert two[0].claim("key", 60) is None


def test_a_claim_ends_by_itself(now: list[float], two: Two) -> None:
    """With the deadline of its call."""
    now[0] += 59.95
    assert two[1].claim("key", 60) == pytest.approx(0.05)
    now[0] += 0.05
    assert two[1].claim("key", 60) is None


def test_a_long_claim_is_cut(now: list[float], two: Two) -> None:
    """Where nobody can tell whether a process lives, a long deadline of its call is not waited for."""
    two[0].claim("long", 10_000)
    now[0] += LONGEST_CLAIM
    assert two[1].claim("long", 60) is None


def test_a_claim_from_the_future_is_none(now: list[float], two: Two) -> None:
    """As after the machine's clock was set back."""
    now[0] -= 10_000
    assert two[1].claim("key", 60) is None


def test_a_claim_is_released(now: list[float], two: Two) -> None:
    """By its owner alone."""
    two[1].release("key")
    assert two[1].claim("key", 60) == LOOK_AGAIN
    two[0].release("key")
    assert two[1].claim("key", 60) is None


def test_an_answer_ends_the_claim(now: list[float], two: Two) -> None:
    """Who claims then is told to look again: the answer came since it looked."""
    two[0].keep("key", "{}")
    assert two[1].claim("key", 60) == LOOK_AGAIN
    two[1].forget("key")
    assert two[1].claim("key", 60) is None


def test_claims_that_ended_leave_the_disk(now: list[float], two: Two, tmp_path: Path) -> None:
    now[0] += 61
    two[1].claim("other", 60)
    with two[1]._database.lent() as database:
        assert database.execute("SELECT key FROM claims").fetchall() == [("other",)]


def test_the_claim_of_a_forked_parent_is_not_the_child_s(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have the same object."""
    monkeypatch.setattr(os, "getpid", os.getppid)
    assert two[0].claim("key", 60) == LOOK_AGAIN


def _gone() -> int:
    """Return the number of a process that has ended."""
    with subprocess.Popen(["true"]) as child:
        pass
    return child.pid


@pytest.mark.parametrize(
    ("owner", "gone"),
    [
        (_owner.new_owner, False),
        (lambda: f"{_owner._place()}/{_gone()}/x", True),
        (lambda: f"another container/{_gone()}/x", False),
        (lambda: f"/{_gone()}/x", False),
    ],
)
def test_who_is_gone(owner: Any, gone: bool) -> None:
    """A process of another container, where numbers mean others, may live."""
    assert _owner.is_gone(owner()) == gone


def test_another_user_s_process_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(process: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    assert not _owner.is_gone(f"{_owner._place()}/1/x")


def test_where_processes_have_no_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Other systems than Linux do not say; there a claim ends with its time."""
    monkeypatch.setattr(_owner, "_BOOT", tmp_path / "missing")
    monkeypatch.setattr(_owner, "_place", _owner._place.__wrapped__)
    owner = _owner.new_owner()
    assert (owner.split("/")[0], _owner.is_gone(owner)) == ("", False)


def test_no_claim_stands_in_the_way_of_an_entry_that_cannot_be_read(
    server: Server, world: World, clock: Clock, tmp_path: Path
) -> None:
    """What another version wrote is forgotten at once, and not looked for again and again."""
    client = world.client(base_url=server.url, cache=tmp_path)
    client.transcribe(WAV)
    answers = Answers(tmp_path, size=1000, ttl=None)
    with answers._database.lent() as database:
        (key,) = database.execute("SELECT key FROM answers").fetchone()
    answers.keep(key, '{"text": 7}')
    answers.close()
    assert [client.transcribe(WAV).source for _ in range(2)] == ["network", "cache"]
    assert clock.waits == []
