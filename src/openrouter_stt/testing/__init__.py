"""A test kit for plugins: no network, no waiting, and one face for the sync and the async client.

A plugin is held to all that is expected of one by `conformance`::

    from openrouter_stt.testing import conformance


    def test_is_a_good_plugin():
        conformance(Redactor)

and to what it does itself by a client that a `FakeTransport` answers::

    from openrouter_stt import testing


    @pytest.mark.parametrize("world", testing.WORLDS)
    def test_redacts(world):
        transport = testing.FakeTransport(testing.Answer.text("Ann spoke"))
        with testing.client(world, plugins=[Redactor()], transport=transport) as client:
            assert client.transcribe().text == "*** spoke"

Where pytest is installed, the fixtures `stt_transport`, `stt_clock`, `stt_events` and `stt_client` save the rest.
"""

from ._answers import Answer, Fault
from ._clients import MODEL, WORLDS, Driver, MakeClient, World, client, world
from ._clock import FakeClock
from ._conformance import conformance
from ._recorder import Recorder
from ._sounds import tone
from ._transport import FakeTransport, Scripted, SentRequest

__all__ = [
    "MODEL",
    "WORLDS",
    "Answer",
    "Driver",
    "FakeClock",
    "FakeTransport",
    "Fault",
    "MakeClient",
    "Recorder",
    "Scripted",
    "SentRequest",
    "World",
    "client",
    "conformance",
    "tone",
    "world",
]
