"""The calls of a client share a budget of retries, so that they do not multiply what fails."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from openrouter_stt import APIStatusError, AsyncClient, Client
from openrouter_stt.testing import Answer, FakeTransport
from openrouter_stt_plugins.retry import Retry
from tests.support.clock import Clock
from tests.support.crowd import together
from tests.support.server import Answer as Served
from tests.support.server import Server
from tests.support.sounds import WAV
from tests.support.worlds import MODEL, World


def _failures(client: object, calls: int) -> None:
    for _ in range(calls):
        with pytest.raises(APIStatusError):
            client.transcribe(WAV, model=MODEL)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("status", "sends"), [(503, 235), (500, 235), (408, 235), (429, 300)])
def test_200_failing_calls_send_little_more(clock: Clock, world: World, status: int, sends: int) -> None:
    """Of 500 a retry takes 14, and one that the server asks for takes 5."""
    transport = FakeTransport(otherwise=Answer(status=status, body=b""))
    _failures(world.client(transport=transport), 200)
    assert len(transport.requests) == sends


def test_threads_share_one_budget(clock: Clock, server: Server) -> None:
    """However many they are."""
    server.will(*[Served(503)] * 1000)
    with Client("sk", base_url=server.url, autoload=False) as client:
        together(32, lambda: _failures(client, 6))
    assert len(server.requests) == 32 * 6 + 35


def test_tasks_share_one_budget(clock: Clock, server: Server, backend: str) -> None:
    server.will(*[Served(503)] * 1000)

    async def fail(client: AsyncClient) -> None:
        for _ in range(6):
            with pytest.raises(APIStatusError):
                await client.transcribe(WAV, model=MODEL)

    async def main() -> None:
        async with AsyncClient("sk", base_url=server.url, autoload=False) as client, anyio.create_task_group() as tasks:
            for _ in range(32):
                tasks.start_soon(fail, client)

    anyio.run(main, backend=backend)
    assert len(server.requests) == 32 * 6 + 35


def test_each_client_has_a_budget_of_its_own(clock: Clock, world: World) -> None:
    """Unless they are given one object."""
    transport = FakeTransport(otherwise=Answer(status=503, body=b""))
    for _ in range(2):
        _failures(world.client(transport=transport), 100)
    shared = Retry()
    for _ in range(2):
        _failures(world.client(transport=transport, plugins=[shared]), 100)
    assert len(transport.requests) == 2 * 135 + 235


def test_an_answer_gives_one_back(clock: Clock, world: World) -> None:
    """Fourteen of them are another retry, and more than at first there never is."""
    transport = FakeTransport(otherwise=Answer(status=503, body=b""))
    client = world.client(transport=transport, plugins=[Retry(budget=14)])
    for text, sends in [(0, 2), (13, 1), (1, 2), (100, 2), (0, 1)]:
        transport.will(*[Answer()] * text)
        for _ in range(text):
            client.transcribe(WAV)
        before = len(transport.requests)
        _failures(client, 1)
        assert len(transport.requests) - before == sends


def test_a_wait_that_is_not_begun_costs_nothing(clock: Clock, world: World) -> None:
    """The server asked for more than is waited."""
    transport = FakeTransport(otherwise=Answer(status=429, body=b"", headers={"Retry-After": "200"}))
    client = world.client(transport=transport, plugins=[Retry(budget=14)])
    _failures(client, 5)
    transport.will(Answer(status=503, body=b""), Answer())
    assert client.transcribe(WAV).attempts == 2


class Model(RuleBasedStateMachine):
    """Calls of one client on a clock of its own, against what the policy says of each."""

    def __init__(self) -> None:
        super().__init__()
        self.transport = FakeTransport()
        self.patch = pytest.MonkeyPatch()
        self.clock = Clock()
        self.clock.install(self.patch)
        self.left = 100
        self.client = Client("sk", transport=self.transport, autoload=False, plugins=[Retry(budget=100)])

    @rule(
        statuses=st.lists(st.sampled_from([200, 400, 402, 408, 429, 500, 503, 504, 524, 529]), min_size=3, max_size=3),
        asked=st.sampled_from([None, 0.0, 3.0, 119.0, 121.0, 1e9]),
        timeout=st.sampled_from([0.6, 2.0, 50.0, 600.0]),
    )
    def call(self, statuses: list[int], asked: float | None, timeout: float) -> None:
        headers = {} if asked is None else {"Retry-After": str(asked)}
        script = [
            Answer() if status == 200 else Answer(status=status, body=b"", headers=headers) for status in statuses
        ]
        before, began, waited = len(self.transport.requests), self.clock.time, len(self.clock.waits)
        self.transport.will(*script)
        try:
            outcome: object = self.client.transcribe(WAV, model=MODEL, timeout=timeout)
            status = 200
        except APIStatusError as error:
            outcome, status = error, error.status
        sends = len(self.transport.requests) - before
        self.transport._script.clear()
        waits = self.clock.waits[waited:]
        assert (sends, status) == (len(waits) + 1, statuses[sends - 1])
        assert getattr(outcome, "attempts", None) == sends
        assert getattr(outcome, "maybe_billed", False) is (status in (504, 524))
        assert self.clock.time - began < timeout
        self._pay(statuses[:sends], waits, asked)
        if sends < 3 and status in (408, 429, 500, 503, 529):
            self._refused_for_a_reason(status, sends, asked, timeout - sum(waits))

    def _pay(self, statuses: list[int], waits: list[float], asked: float | None) -> None:
        """Each wait was allowed by what it follows, and was paid for."""
        for number, wait in enumerate(waits):
            assert statuses[number] in (408, 429, 500, 503, 529)
            assert wait == asked if asked is not None else 0 <= wait <= 0.5 * 2**number
            self.left -= 5 if statuses[number] == 429 else 14
        self.left = min(self.left + (statuses[-1] == 200), 100)

    def _refused_for_a_reason(self, status: int, sends: int, asked: float | None, time: float) -> None:
        """What was not sent again had no time, or the budget had nothing left."""
        longest = 0.5 * 2 ** (sends - 1) if asked is None else asked
        assert longest >= time or (asked or 0) > 120 or self.left < (5 if status == 429 else 14)

    @invariant()
    def the_budget_holds(self) -> None:
        assert 0 <= self.left <= 100

    def teardown(self) -> None:
        self.client.close()
        self.patch.undo()


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
