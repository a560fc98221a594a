"""However a plugin is broken, a call returns or fails, the plugin is named, and nothing is paid for twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import anyio
import pytest

from openrouter_stt import (
    APIConnectionError,
    AsyncClient,
    BadRequestError,
    Call,
    Client,
    PluginError,
    PluginLeftOut,
    Proceed,
    STTError,
    Transcription,
    hookimpl,
)
from openrouter_stt._registry import contracts
from openrouter_stt_plugins.fallback import Fallback
from tests.hooks import broken_plugins as broken
from tests.hooks.small_plugins import Small, answering, notes
from tests.support.clock import Clock
from tests.support.distributions import Install, module_of
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import WORLDS, World

AROUND = [name for name, (contract, _) in contracts().items() if contract.kind == "around"]
ISOLATED = [name for name, (contract, _) in contracts().items() if contract.on_error == "isolate"]
ASKED_AFTER = {"retry": [Answer(503)], "fallback": [Answer(400)], "cache_release": [Answer(400)]}


@pytest.mark.parametrize("what", broken.REFUSED)
def test_refused(world: World, what: str) -> None:
    """What cannot be used is named when a client is to be made with it, and another client is none the worse for it."""
    with pytest.raises(PluginError, match=r"^plugin '(broken|Hostile)'"):
        world.client(plugins=[broken.REFUSED[what]])


@pytest.mark.parametrize("what", broken.HARMLESS)
def test_harmless(world: World, server: Server, what: str) -> None:
    """What is odd but does its work is let do it."""
    plugins = [broken.HARMLESS[what], answering()]
    assert world.client(plugins=plugins).transcribe(WAV).text == "hello"


@pytest.mark.parametrize("what", broken.INSTALLED)
def test_left_out(world: World, install: Install, server: Server, what: str) -> None:
    """What is installed and cannot be used is named in a warning, and the client does without."""
    source, place = broken.INSTALLED[what]
    install("broken", source, entry_points=f"[openrouter_stt.v1]\nbroken = {module_of('broken')}{place}\n")
    with pytest.warns(PluginLeftOut, match=r"^plugin 'broken' \(broken 1.2\) was left out: "):
        driver = world.client(base_url=server.url, autoload=True)
    assert driver.transcribe(WAV).text == "hello"


@pytest.mark.parametrize("name", ["encoding", "retry", "local", "logging"])
def test_replaces_a_built_in_one_in_vain(
    world: World, install: Install, server: Server, clock: Clock, name: str
) -> None:
    """Where an installed plugin of a built-in one's name cannot be used, that one does the work."""
    server.will(Answer(503))
    install(
        name,
        "class P:\n    def __init__(self): 1 / 0",
        entry_points=f"[openrouter_stt.v1]\n{name} = {module_of(name)}:P\n",
    )
    with pytest.warns(PluginLeftOut, match=rf"^plugin '{name}' \({name} 1.2\) was left out: "):
        driver = world.client(base_url=server.url, autoload=True)
    assert driver.transcribe(WAV).text == "hello"
    assert set(driver.client.plugins) == {"encoding", "retry", "local", "logging"}


def run(world: str, server: Server, plugin: object) -> Transcription:
    """Make a client, a call, and close; on an event loop of its own, which an interrupt may end."""
    settings: dict[str, Any] = {"base_url": server.url, "autoload": False, "plugins": [plugin], "cache": "memory"}
    if world == "sync":
        with Client("k", **settings) as client:
            return client.transcribe(WAV, model="m")

    async def main() -> Transcription:
        async with AsyncClient("k", **settings) as client:
            return await client.transcribe(WAV, model="m")

    return anyio.run(main, backend=world)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("hook", contracts())
def test_interrupts(world: str, server: Server, hook: str, error: type[BaseException]) -> None:
    """What is to end the program ends the call, as Ctrl-C does; a note names where it was raised."""
    server.will(*ASKED_AFTER.get(hook, []))
    with pytest.raises(error) as caught:
        run(world, server, Small("broken", **{hook: broken.hook(hook, broken.raising(error))}))
    assert notes(caught.value) == [f"raised in plugin 'broken', hook {hook}"]
    assert len(server.requests) <= 1


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_interrupts_of_gathered_calls(world: str, server: Server, error: type[BaseException]) -> None:
    """They come out as themselves there, too, although each call runs in a task of its own."""

    class Twice:
        name = "twice"

        @hookimpl
        async def around_call(self, call: Call, proceed: Proceed) -> Transcription:
            return (await call.gather(proceed(call), proceed(call)))[0]

        finish = hookimpl(lambda self: broken.raising(error)())

    with pytest.raises(error) as caught:
        run(world, server, Twice())
    assert notes(caught.value)[0] == "raised in plugin 'twice', hook finish"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("hook", ["finish", "cache_set", "cache_release"])
def test_interrupts_of_a_cancelled_call(backend: str, server: Server, hook: str) -> None:
    """What is to end the program does so, although the call is cancelled in the same moment."""
    server.will(*ASKED_AFTER.get(hook, []))

    async def main() -> None:
        def cancelled_and_interrupted() -> None:
            scope.cancel()
            raise KeyboardInterrupt

        plugins = [Small("broken", **{hook: broken.hook(hook, cancelled_and_interrupted)})]
        async with AsyncClient("k", base_url=server.url, plugins=plugins, cache="memory", autoload=False) as client:
            with anyio.CancelScope() as scope:
                await client.transcribe(WAV, model="m")

    with pytest.raises(KeyboardInterrupt) as caught:
        anyio.run(main, backend=backend)
    assert notes(caught.value) == [f"raised in plugin 'broken', hook {hook}"]


@pytest.mark.parametrize("what", ["recursion without end", "StopIteration"])
@pytest.mark.parametrize("hook", contracts())
def test_errors(world: World, server: Server, caplog: pytest.LogCaptureFixture, hook: str, what: str) -> None:
    """Python's stranger errors are treated like all: raised with a note, or passed over with a warning."""
    fails = broken.without_end if what == "recursion without end" else broken.raising(StopIteration)
    server.will(*ASKED_AFTER.get(hook, []))
    driver = world.client(
        base_url=server.url, cache="memory", plugins=[Small("broken", **{hook: broken.hook(hook, fails)})]
    )
    if hook in ISOLATED:
        if hook == "cache_release":
            with pytest.raises(BadRequestError):  # which it is asked after, and which stays
                driver.transcribe(WAV)
        else:
            assert driver.transcribe(WAV).text == "hello"
        driver.close()
        assert f"plugin 'broken', hook {hook} failed with R" in caplog.text
    else:
        with pytest.raises(RuntimeError) as caught:
            driver.transcribe(WAV)
        assert notes(caught.value) == [f"raised in plugin 'broken', hook {hook}"]
    assert len(server.requests) <= 1


@pytest.mark.parametrize("hook", broken.GARBAGE)
def test_garbage(world: World, server: Server, caplog: pytest.LogCaptureFixture, hook: str) -> None:
    """A wrong answer is told with the plugin and the hook; that of a cache is passed over."""
    server.will(*ASKED_AFTER.get(hook, []))
    driver = world.client(
        base_url=server.url, cache="memory", plugins=[Small("broken", **{hook: broken.GARBAGE[hook]})]
    )
    if hook in ISOLATED:
        assert driver.transcribe(WAV).text == "hello"
        assert f"plugin 'broken', hook {hook} failed with PluginError" in caplog.text
    else:
        with pytest.raises(PluginError, match=f"^plugin 'broken', hook {hook} returned "):
            driver.transcribe(WAV)


@pytest.mark.parametrize("what", broken.MISUSES)
@pytest.mark.parametrize("hook", AROUND)
def test_misuse(world: World, server: Server, hook: str, what: str) -> None:
    """Whatever a plugin around does with `proceed`, nothing is paid for twice, and what was paid for is told."""
    function, kind, requests = broken.MISUSES[what]
    driver = world.client(
        base_url=server.url, cache="memory", plugins=[Small("broken", **{hook: broken.around(hook, function)})]
    )
    if kind is None:
        assert driver.transcribe(WAV).text == "hello"
    else:
        with pytest.raises(kind) as caught:
            driver.transcribe(WAV)
        assert f"plugin 'broken', hook {hook}" in "".join([str(caught.value), *notes(caught.value)])
        if isinstance(caught.value, STTError):
            assert (caught.value.attempts, caught.value.maybe_billed) == (requests, requests > 0)
    assert len(server.requests) == requests


@pytest.mark.parametrize("hook", AROUND)
def test_proceed_of_another_call(world: World, server: Server, hook: str) -> None:
    """A `proceed` that is kept is of no use when its hook has ended: nothing is sent unseen."""
    kept: list[Any] = []

    async def keeps_proceed(value: Any, proceed: Any) -> Any:
        kept.append(proceed)
        return await kept[0](value)

    driver = world.client(base_url=server.url, plugins=[Small("broken", **{hook: broken.around(hook, keeps_proceed)})])
    driver.transcribe(WAV)
    with pytest.raises(PluginError, match=f"^plugin 'broken', hook {hook} called proceed when it had ended"):
        driver.transcribe(WAV)
    assert len(server.requests) == 1


@pytest.mark.parametrize("what", broken.CHANGES)
def test_changes(world: World, server: Server, what: str) -> None:
    """What a plugin is given cannot be changed, or is a copy: the caller's own stays as it was."""
    hook, function, kind = broken.CHANGES[what]
    server.will(Answer.of(200, {"text": "hello", "usage": {"cost": 1}}))
    driver = world.client(base_url=server.url, plugins=[Small("broken", **{hook: function})])
    audio, provider = bytearray(WAV), {"options": {"openai": {"a": 1}}}
    if kind is None:
        assert driver.transcribe(audio, provider=provider).text == "hello"
    else:
        with pytest.raises(kind) as caught:
            driver.transcribe(audio, provider=provider)
        assert notes(caught.value) == [f"raised in plugin 'broken', hook {hook}"]
    assert (audio, provider) == (WAV, {"options": {"openai": {"a": 1}}})
    assert all(request.audio == WAV for request in server.requests)


@pytest.mark.parametrize("error", [broken.OopsError, partial(APIConnectionError, "made up", kind="refused")])
@pytest.mark.parametrize(("hook", "cache"), [("finish", None), ("finish", "memory"), ("cache_set", "memory")])
def test_an_answer_that_is_lost(
    world: World, server: Server, error: Callable[[], Exception], hook: str, cache: str | None
) -> None:
    """What could not be edited, such as redacted, is not returned; nor is it paid for again, and that is told."""

    def fails() -> None:
        raise error()

    plugins = [Small("broken", **{hook: fails}), Fallback("other")]
    driver = world.client(base_url=server.url, plugins=plugins, cache=cache, strict=True)
    with pytest.raises((broken.OopsError, APIConnectionError)) as caught:
        driver.transcribe(WAV)
    assert notes(caught.value) == [f"raised in plugin 'broken', hook {hook}"]
    assert len(server.requests) == 1
    if isinstance(caught.value, STTError):
        assert (caught.value.attempts, caught.value.maybe_billed) == (1, True)


def test_a_thread_without_end(world: World, server: Server) -> None:
    """It holds up neither the call nor the client's end."""
    stop = threading.Event()
    plugin = Small("broken", event=lambda: threading.Thread(target=stop.wait, daemon=True).start())
    driver = world.client(base_url=server.url, plugins=[plugin])
    assert driver.transcribe(WAV).text == "hello"
    driver.close()
    stop.set()


@pytest.mark.parametrize("hook", AROUND)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_swallows_a_cancellation(server: Server, hook: str, backend: str) -> None:
    """A call that is cancelled ends all the same, and sends nothing more."""

    async def main() -> None:
        async def is_cancelled() -> None:
            scope.cancel()
            await anyio.sleep_forever()

        inner = Small("inner", around_attempt=is_cancelled)
        plugins = [Small("broken", **{hook: broken.around(hook, broken.swallows_all)}), inner]
        async with AsyncClient("k", base_url=server.url, plugins=plugins, autoload=False) as client:
            with anyio.fail_after(10), anyio.CancelScope() as scope:
                await client.transcribe(WAV, model="m")

    anyio.run(main, backend=backend)
    assert server.requests == []
