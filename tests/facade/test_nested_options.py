"""What a caller passes as options stays the caller's."""

from __future__ import annotations

from typing import Any

from tests.hooks.small_plugins import Small
from tests.support.server import Server
from tests.support.sounds import WAV
from tests.support.worlds import World


def test_a_plugin_cannot_change_what_the_caller_passed(server: Server, world: World) -> None:
    """However deep it reaches in; what it changed is what is sent."""

    def prepare_request(call: Any) -> None:
        call.options["provider"]["options"]["openai"]["changed"] = True

    given: Any = {"options": {"openai": {"words": ("one", ["two"])}}}
    client = world.client(base_url=server.url, plugins=[Small("p", prepare_request=prepare_request)])
    client.transcribe(WAV, provider=given)
    assert given == {"options": {"openai": {"words": ("one", ["two"])}}}
    assert server.last.json["provider"] == {"options": {"openai": {"words": ["one", ["two"]], "changed": True}}}
