"""In whatever order our plugins stand, they keep together what each of them promises."""

from __future__ import annotations

import importlib
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from openrouter_stt import _installed
from openrouter_stt.testing import WORLDS, world
from tests.plugins.scenes import COST, ESTIMATE, PER, REDACTED, SECRET, Scene
from tests.support.distributions import Install, module_of

ORDERS = 67  # for each world and each way to have plugins: 402 in all
BUILT_IN = {"encoding", "local", "logging", "retry"}
INSTALLED = 9  # the others, with one of the two caches


def redaction_comes_before_the_caches(scene: Scene) -> bool:
    kept = scene.kept()
    return len(kept) == 2 and all(REDACTED in each and SECRET not in each for each in kept)


def the_caller_gets_redacted_text(scene: Scene) -> bool:
    return [result.text for result in scene.results] == [REDACTED, REDACTED]


def a_second_call_is_answered_by_a_cache(scene: Scene) -> bool:
    return [result.source for result in scene.results] == ["network", "cache"]


def the_budget_sees_retries_and_fallbacks(scene: Scene) -> bool:
    return scene.reserved[:5] == [("a", 1), ("a", 2), ("a", 3), ("model-b", 1), ("model-b", 2)]


def a_request_is_booked_once_and_what_is_kept_costs_nothing(scene: Scene) -> bool:
    return scene.spent == [COST, COST, COST + ESTIMATE]  # the last one may be billed


def the_circuit_breaker_counts_each_failure_once(scene: Scene) -> bool:
    """Three open the circuit: they are sent, and a second call for this model sends nothing."""
    return [request.model for request in scene.requests][:5] == ["a", "a", "a", "model-b", "model-b"]


def what_is_kept_or_may_be_billed_is_not_sent_again(scene: Scene) -> bool:
    return [request.model for request in scene.requests][5:] == ["c"]


def the_rate_limit_counts_each_request(scene: Scene) -> bool:
    return all(later - earlier >= PER - 1e-6 for earlier, later in pairwise(scene.starts))


def audio_is_prepared_once_for_each_model_and_before_it_is_encoded(scene: Scene) -> bool:
    once = scene.preparation.models == ["a", "model-b", "a", "c"]  # in the second call "a" alone is not kept
    return once and {request.format for request in scene.requests} == {"flac"}


def the_body_of_each_attempt_is_the_same(scene: Scene) -> bool:
    bodies = {(request.model, request.audio, repr(request.options)) for request in scene.requests}
    return len(bodies) == len({request.model for request in scene.requests})


def a_call_has_one_span_that_covers_its_retries(scene: Scene) -> bool:
    calls = [span.context.span_id for span in scene.call_spans if span.context]
    return [calls.index(span.parent.span_id) for span in scene.request_spans if span.parent] == [0, 0, 0, 0, 0, 2]


def a_request_has_one_span(scene: Scene) -> bool:
    return len(scene.request_spans) == len(scene.requests)


PROMISES = [
    redaction_comes_before_the_caches,
    the_caller_gets_redacted_text,
    a_second_call_is_answered_by_a_cache,
    the_budget_sees_retries_and_fallbacks,
    a_request_is_booked_once_and_what_is_kept_costs_nothing,
    the_circuit_breaker_counts_each_failure_once,
    what_is_kept_or_may_be_billed_is_not_sent_again,
    the_rate_limit_counts_each_request,
    audio_is_prepared_once_for_each_model_and_before_it_is_encoded,
    the_body_of_each_attempt_is_the_same,
    a_call_has_one_span_that_covers_its_retries,
    a_request_has_one_span,
]


@pytest.fixture
def slots(install: Install) -> Any:
    """A module whose attributes p0, p1, ... are installed plugins, found in this order."""
    points = "".join(f"p{place} = {module_of('ours')}:p{place}\n" for place in range(INSTALLED))
    install("ours", "", entry_points=f"[openrouter_stt.v1]\n{points}")
    return importlib.import_module(module_of("ours"))


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("installed", [False, True], ids=["given", "installed"])
def test_no_order_breaks_a_promise(name: str, installed: bool, slots: Any, tmp_path: Path, redis_url: str) -> None:
    """Whether a client is given the plugins, or finds those that are not built in."""
    broken: list[str] = []
    with world(name) as opened:
        for number in range(ORDERS):
            scene = Scene(random.Random(f"{name} {installed} {number}"), tmp_path / str(number), redis_url)
            if installed:
                _put(slots, [plugin for what, plugin in scene.plugins.items() if what not in BUILT_IN])
            plugins = [] if installed else scene.plugins.values()
            scene.play(opened.client(plugins=plugins, transport=scene.transport, strict=True, autoload=installed))
            broken.extend(f"{promise.__name__}: {[*scene.plugins]}" for promise in PROMISES if not promise(scene))
    assert broken == []


def _put(slots: Any, plugins: list[object]) -> None:
    for place, plugin in enumerate(plugins):
        setattr(slots, f"p{place}", plugin)
    _installed.imported.cache_clear()
