"""What pytest finds where the library is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from openrouter_stt import CallFinished, RetryScheduled
from openrouter_stt.testing import Answer, FakeClock, FakeTransport, Recorder
from tests.hooks.small_plugins import adding

SUITE = """
from openrouter_stt.testing import Answer

def test_mine(stt_client, stt_transport, stt_clock, stt_events):
    stt_transport.will(Answer.error(503, retry_after=3))
    assert stt_client().transcribe().text == "hello"
    assert stt_clock.waits == [3.0]
    assert stt_events.events
"""


def run(*arguments: str | Path) -> str:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False).stdout


def test_found_by_themselves(tmp_path: Path) -> None:
    """A suite uses the fixtures without importing or naming anything, once in each world."""
    suite = tmp_path / "test_mine.py"
    suite.write_text(SUITE)
    said = run("-m", "pytest", "-c", "/dev/null", "--rootdir", tmp_path, "-v", "-p", "no:cacheprovider", suite)
    for world in ("sync", "asyncio", "trio"):
        assert f"test_mine[{world}] PASSED" in said
    assert "3 passed" in said


def test_cost_nothing_unused() -> None:
    """The module that pytest imports in each of its runs imports nothing of the library."""
    code = (
        "import sys, pytest, pytest_openrouter_stt; print([name for name in sys.modules if name[:10] == 'openrouter'])"
    )
    assert run("-c", code) == "[]\n"


def test_the_library_does_not_import_its_kit() -> None:
    """Nor does it need pytest."""
    code = (
        "import sys, openrouter_stt as s; s.Client('k'); print({'openrouter_stt.testing', 'pytest'} & {*sys.modules})"
    )
    assert run("-c", code) == "set()\n"


def test_the_kit_does_not_need_pytest() -> None:
    """Other test runners may use it."""
    code = "import sys, openrouter_stt.testing; print({'pytest', 'trio'} & {*sys.modules})"
    assert run("-c", code) == "set()\n"


def test_a_client_in_each_world(
    stt_client: Any, stt_transport: FakeTransport, stt_clock: FakeClock, stt_events: Recorder
) -> None:
    """One fixture makes clients of the others."""
    stt_transport.will(Answer.error(503, retry_after=3), Answer.text("so"))
    driver = stt_client(adding("be it"), base_url="https://here/v1")
    assert driver.transcribe().text == "so be it"
    assert driver.plugins[:2] == ("be it", "recorder")
    assert stt_transport.last.url.startswith("https://here/v1")
    assert stt_clock.waits == [event.delay for event in stt_events.of(RetryScheduled)] == [3.0]
    assert len(stt_events.of(CallFinished)) == 1


@pytest.mark.parametrize("setting", ["plugins", "transport"])
def test_a_setting_of_ones_own(stt_client: Any, setting: str) -> None:
    """What the fixtures give can be given otherwise."""
    own = {"plugins": [adding("mine")], "transport": FakeTransport(Answer.text("mine"))}
    assert "mine" in stt_client(**{setting: own[setting]}).transcribe().text
