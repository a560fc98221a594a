"""Each check of the test kit catches a plugin that breaks its promise, and lets good ones pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from openrouter_stt import hookimpl
from openrouter_stt.testing import WORLDS, conformance
from openrouter_stt.testing._checks import CHECKS
from tests.hooks.small_plugins import Small
from tests.testing.broken_plugins import AWAKE, BROKEN, busy, leaving_a_task
from tests.testing.good_plugins import GOOD, SAMPLES, Redactor, Samples


@pytest.fixture(autouse=True)
def _threads_end() -> Iterator[None]:
    AWAKE.clear()
    yield
    AWAKE.set()


def broken(make: Any, **arguments: Any) -> tuple[set[str], str]:
    """Return the names of the checks that a plugin does not pass, and what is said."""
    with pytest.raises(AssertionError) as caught:
        conformance(make, **arguments)
    return set(re.findall(r"(?m)^- (\w+): ", str(caught.value))), str(caught.value)


@pytest.mark.parametrize("what", BROKEN)
def test_broken(what: str) -> None:
    """A broken promise is told with the way out, and no other check is misled."""
    make, checks, sentence = BROKEN[what]
    worlds = WORLDS if "cancellation" in checks else WORLDS[:2]  # two are enough where nothing hangs on the event loop
    names, said = broken(make, worlds=worlds)
    assert names == checks
    assert re.search(f"(?m)^- ({'|'.join(checks)}): .*{sentence}", said), said


def test_each_check_is_shown_to_catch() -> None:
    """No check is there that no plugin fails."""
    assert {name for _, names, _ in BROKEN.values() for name in names} | {"event_loop"} == {"registers", *CHECKS}


def test_a_busy_loop() -> None:
    """What takes long without a thread of its own holds up all other calls; with one it does not."""
    others = {name: "takes long, too" for name in CHECKS if name != "event_loop"}
    names, said = broken(lambda: Small("p", prepare_request=busy), skip=others)
    assert names == {"event_loop"}
    assert "holds up the event loop for more than 50 ms; mark what takes long @hookimpl(blocking=True), or" in said
    conformance(lambda: Small("p", prepare_request=hookimpl(blocking=True)(busy)), skip=others)


@pytest.mark.parametrize("world", ["asyncio", "trio"])
def test_a_task_left_behind(world: str) -> None:
    """Each event loop tells of tasks that outlive the client."""
    names, said = broken(lambda: leaving_a_task(world), worlds=[world])
    assert names == {"leftovers"}
    assert re.search(rf"\d of its tasks still run when the client is closed; .* \[{world}\]", said)


@pytest.mark.parametrize(("make", "arguments"), GOOD, ids=[make.name for make, _ in GOOD])
def test_good(make: Any, arguments: dict[str, Any]) -> None:
    """A plugin that keeps its promises passes, whatever kind it is."""
    conformance(make, **arguments)


def test_all_at_once() -> None:
    """All that is broken is told in one error, with the worlds in which it is."""
    plugin = Small("p", retry=lambda failure: 0.0 if failure.attempt < 2 else None, finish=lambda: None)
    plugin.fingerprint = 7  # type: ignore[attr-defined]
    names, said = broken(lambda: plugin, worlds=["sync", "asyncio"])
    assert names == {"billing", "fingerprint"}
    assert said.startswith("plugin 'p' breaks what is expected of it:\n- billing: ")
    assert said.count("[sync, asyncio]\n") == 2
    assert said.endswith('[sync]\nskip={"<check>": "<reason>"} leaves a check out')


def test_skipped() -> None:
    """A check that does not apply is left out for a reason."""
    make, _, _ = BROKEN["no retries for anybody"]
    conformance(make, skip={"neighbours": "it is there to stop retries"})


def test_hedging_on_purpose() -> None:
    """A plugin that pays twice by design keeps all the other promises."""

    async def around_call(call: Any, proceed: Any) -> Any:
        first, _ = await call.gather(proceed(call), proceed(call))
        return first

    conformance(lambda: Small("p", around_call=around_call), skip={"billing": "it asks twice and takes the first"})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"skip": {"secret": "why"}}, "there is no check 'secret'; did you mean 'secrets'?"),
        ({"skip": {"xyz": "why"}}, "there is no check 'xyz'; there are transcribes, neighbours, "),
        ({"skip": {"secrets": " "}}, "the check 'secrets' is skipped without a reason; say why it does not apply"),
        ({"worlds": ["curio"]}, r"worlds must be some of sync, asyncio, trio, not \['curio'\]"),
        ({"worlds": []}, r"worlds must be some of sync, asyncio, trio, not \[\]"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    """A slip in the arguments leaves no check out silently."""
    with pytest.raises(ValueError, match=message):
        conformance(Redactor, **arguments)


def test_a_plugin_of_settings_as_it_is_used() -> None:
    """A factory gives settings; the server's answer holds what the plugin is for."""
    conformance(lambda: Redactor("spoken"), options={"language": "de", "temperature": 0.0})


def test_settings_of_what_nothing_else_can_send() -> None:
    """They are missed too where a call fails without the plugin."""

    class Unstated(Samples):
        def __init__(self, rate: int = 8_000) -> None:
            self.rate = rate

    names, said = broken(Unstated, sources=SAMPLES, worlds=["sync"])
    assert names == {"fingerprint"}
    assert "it has settings and changes audio or text, but states no fingerprint" in said


def test_a_check_that_cannot_end() -> None:
    """A call that fails where none should is told as such."""
    calls = iter([None] * 3)  # as many as the first check makes

    def prepare_request() -> None:
        if next(calls, "spent") == "spent":
            raise KeyError("lost")

    names, said = broken(lambda: Small("p", prepare_request=prepare_request))
    assert "values" in names
    assert "- values: a call ended in KeyError: 'lost'; raised in plugin 'p', hook prepare_request, so the" in said
