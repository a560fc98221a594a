"""`openrouter-stt plugins hooks`: the contract, for people and for programs."""

from __future__ import annotations

import inspect
import json

import pytest

from openrouter_stt import HookSpecs
from openrouter_stt._registry import contracts
from tests.cli.conftest import Run


def test_all_in_the_order_of_a_call(run: Run) -> None:
    """Each hook has its signature, kind, error policy and a sentence."""
    ran = run("plugins", "hooks")
    heads = [line for line in ran.out.splitlines() if line and not line.startswith(" ")]
    assert [head.partition("(")[0] for head in heads] == [*contracts()]
    assert ran.out.startswith(
        "around_call(call: Call, proceed: Proceed) -> Transcription\n"
        "    around, an error: raise\n"
        "    Wrap a whole call: a span, a budget, cutting long audio into several calls,\n"
        "    asking several models.\n\n"
    )


def test_one_with_its_example(run: Run) -> None:
    """All words and the example of the specification are there."""
    assert run("plugins", "hooks", "cache_key").out == (
        "cache_key(call: Call) -> str | None\n"
        "    first, an error: isolate\n"
        "\n"
        "    Give the key of a call's answer in a cache; asked only where a plugin keeps\n"
        "    answers.\n"
        "\n"
        "    Without an answer the key covers the audio's bytes, every field of the\n"
        "    request, the base URL and the plugins that change audio or text\n"
        "    (`call.fingerprint`). Calls of one key are served one answer, so a key of\n"
        "    one's own has to cover as much.\n"
        "\n"
        "    @hookimpl(blocking=True)\n"
        "    def cache_key(self, call):\n"
        "        asked = json.dumps([call.model, call.format, call.base_url, call.options], sort_keys=True)\n"
        '        return f"{asked} {call.fingerprint} {call.audio.digest()}"\n'
    )


def test_one_for_programs(run: Run) -> None:
    """The same as a JSON object."""
    assert json.loads(run("plugins", "hooks", "retry", "--json").out) == {
        "name": "retry",
        "kind": "first",
        "on_error": "raise",
        "arguments": [{"name": "failure", "type": "Failure"}],
        "returns": "float | Stop | None",
        "words": "Say whether to send again: the seconds to wait, `STOP`, or None for no opinion.\n\n"
        "Asked of an `APIError`, as long as the server gave no answer. What is said is taken before the built-in\n"
        "plugin's word, which does not send again what may be billed (`failure.error.maybe_billed`) but for once, "
        "where a\nkept connection broke before a byte of an answer (`stale`). A wait that would pass the call's "
        "deadline lets the\nerror stand.",
        "example": "@hookimpl\n"
        "def retry(self, failure):\n"
        "    busy = isinstance(failure.error, ServiceUnavailableError)\n"
        "    return 30.0 if busy and failure.attempt < 5 else None",
    }


def test_all_for_programs(run: Run) -> None:
    """A JSON array, whose words are the specification's."""
    hooks = json.loads(run("plugins", "hooks", "--json").out)
    assert [hook["name"] for hook in hooks] == [*contracts()]
    for hook in hooks:
        words = inspect.getdoc(getattr(HookSpecs, hook["name"])) or ""
        assert words.startswith(hook["words"])
        assert hook["example"].startswith("@hookimpl")


@pytest.mark.parametrize(
    ("name", "hint"), [("finnish", "did you mean 'finish'?"), ("qqq", "there are around_call, prepare_request, ")]
)
def test_no_such_hook(run: Run, name: str, hint: str) -> None:
    """A misspelt name has its nearest one, or all there are."""
    ran = run("plugins", "hooks", name)
    assert ran.status == 2
    assert f"there is no hook {name!r}; {hint}" in " ".join(ran.err.split())
