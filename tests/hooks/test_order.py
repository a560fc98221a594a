"""How several plugins share a hook, and which of them comes first."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_stt import Audio, Event, Transcription, hookimpl
from tests.hooks.small_plugins import Small, adding, answering
from tests.support.server import Server
from tests.support.sounds import WAV
from tests.support.worlds import World


def around(name: str, steps: list[str], **marks: Any) -> Small:
    """Make a plugin that writes down when a call passes it, on its way in and out."""

    @hookimpl(**marks)
    async def around_call(call: Any, proceed: Any) -> Any:
        steps.append(f"{name} in")
        answer = await proceed(call)
        steps.append(f"{name} out")
        return answer

    return Small(name, around_call=around_call)


def test_first_answer_counts(world: World) -> None:
    """first: plugins are asked in the order listed, up to the one that answers; it is the source."""
    asked: list[str] = []
    silent = Small("silent", answer=lambda: asked.append("silent"))
    late = Small("late", answer=lambda: asked.append("late"))
    result = world.client(plugins=[silent, answering("yes", name="engine"), late]).transcribe(WAV)
    assert (result.text, result.source, asked) == ("yes", "engine", ["silent"])


@pytest.mark.parametrize(
    "finish",
    [
        lambda call, transcription: transcription.replace(text=call.model),
        lambda transcription, call: transcription.replace(text=call.model),
        lambda transcription: transcription.replace(text="m"),
        lambda call: Transcription(text=call.model, model=call.model),
        lambda: Transcription(text="m", model="m"),
    ],
    ids=["all", "another order", "the last", "the first", "none"],
)
def test_a_plugin_takes_the_arguments_it_names(world: World, finish: Any) -> None:
    client = world.client(plugins=[Small("p", finish=finish), answering("hello")])
    assert client.transcribe(WAV, model="m").text == "m"


def test_pipe_hands_on(world: World) -> None:
    """pipe: each plugin gets what the one before returned, and None leaves it as it is."""
    silent = Small("silent", finish=lambda call, transcription: None)
    result = world.client(plugins=[adding("one"), silent, adding("two"), answering("text")]).transcribe(WAV)
    assert result.text == "text one two"


def test_all_are_told(world: World) -> None:
    """all: every plugin is told in the order listed, and what one returns changes nothing."""
    told: list[str] = []

    def observer(name: str) -> Small:
        def event(event: Event) -> bool:
            told.append(name)
            return True

        return Small(name, event=event)

    world.client(plugins=[observer("one"), observer("two"), answering()], strict=True).transcribe(WAV)
    assert told[:2] == ["one", "two"]


def test_around_nests(world: World) -> None:
    """around: the first plugin listed is the outermost."""
    steps: list[str] = []
    world.client(plugins=[around("one", steps), around("two", steps), answering()]).transcribe(WAV)
    assert steps == ["one in", "two in", "two out", "one out"]


def test_tryfirst_and_trylast_move(world: World) -> None:
    """tryfirst goes before the plugins listed earlier, trylast behind those listed later."""
    steps: list[str] = []
    plugins = [
        around("last", steps, trylast=True),
        around("middle", steps),
        around("first", steps, tryfirst=True),
        answering(),
    ]
    world.client(plugins=plugins).transcribe(WAV)
    assert steps[:3] == ["first in", "middle in", "last in"]


def test_stages_in_order(world: World, server: Server) -> None:
    """A call passes the hooks in the order in which the contract lists them."""
    passed: list[str] = []

    def note(hook: str) -> Any:
        return lambda: passed.append(hook)

    plain = [
        "prepare_request",
        "cache_key",
        "cache_get",
        "cache_claim",
        "answer",
        "prepare_audio",
        "encode_audio",
        "finish",
        "cache_set",
    ]
    driver = world.client(base_url=server.url, plugins=[Small("notes", **{hook: note(hook) for hook in plain})])
    driver.transcribe(WAV)
    assert passed == plain


@pytest.mark.parametrize(
    ("hook", "function", "sent"),
    [
        ("prepare_request", lambda call: call.replace(model="other/model"), {"model": "other/model"}),
        ("prepare_request", lambda call: call.replace(options={"language": "de"}), {"language": "de"}),
        (
            "prepare_audio",
            lambda audio: Audio.from_bytes(b"new", format="flac"),
            {"input_audio": {"data": "bmV3", "format": "flac"}},
        ),
        (
            "encode_audio",
            lambda audio, call: Audio.from_bytes(b"new", format="ogg"),
            {"input_audio": {"data": "bmV3", "format": "ogg"}},
        ),
    ],
)
def test_changes_reach_the_server(world: World, server: Server, hook: str, function: Any, sent: dict[str, Any]) -> None:
    """What a plugin makes of a request or of its audio is what is sent."""
    world.client(base_url=server.url, plugins=[Small("changes", **{hook: function})]).transcribe(WAV)
    assert sent.items() <= server.last.json.items()


def test_fewer_arguments(world: World) -> None:
    """A hook may take any of its arguments, in any order."""
    seen: list[str] = []

    def finish(transcription: Transcription, call: Any) -> None:
        seen.append(f"{call.model} {transcription.text}")

    world.client(plugins=[Small("swapped", finish=finish), answering()]).transcribe(WAV, model="m")
    assert seen == ["m hello"]


def test_no_encoder_left(world: World) -> None:
    """Without the built-in encoder and without another one, the error names what is missing."""
    with pytest.raises(Exception, match="no plugin can encode the audio; the built-in one is named 'encoding'"):
        world.client(disable=["encoding"]).transcribe(WAV)
