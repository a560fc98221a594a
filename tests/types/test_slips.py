"""What type checkers tell the author of a plugin that is derived from `HookSpecs`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

START = """
from typing_extensions import override
from openrouter_stt import Attempt, Audio, Call, Failure, HookSpecs, Proceed, ProceedAttempt, Transcription, hookimpl


class Plugin(HookSpecs):
    @hookimpl
"""


class Slip(NamedTuple):
    """A function of a plugin, and the message of each checker; None where it stays silent."""

    mypy: str | None
    pyright: str | None
    source: str


OVERRIDE = 'overrides class "HookSpecs" in an incompatible manner'

SLIPS = {
    "wrong return type": Slip(
        'Return type "str" of "finish" incompatible with return type "Transcription | None"',
        OVERRIDE,
        "def finish(self, call: Call, transcription: Transcription) -> str: return transcription.text",
    ),
    "wrong returned value": Slip(
        'Incompatible return value type (got "str", expected "Transcription | None")',
        'Type "str" is not assignable to return type "Transcription | None"',
        "def finish(self, call: Call, transcription: Transcription) -> Transcription | None: return transcription.text",
    ),
    "wrong type of an argument": Slip(
        'Argument 1 of "finish" is incompatible with supertype',
        OVERRIDE,
        "def finish(self, call: Audio, transcription: Transcription) -> Transcription: return transcription",
    ),
    "swapped arguments": Slip(
        'Argument 1 of "finish" is incompatible with supertype',
        OVERRIDE,
        "def finish(self, transcription: Transcription, call: Call) -> Transcription: return transcription",
    ),
    "missing argument": Slip(
        'Signature of "finish" incompatible with supertype',
        OVERRIDE,
        "def finish(self, transcription: Transcription) -> Transcription: return transcription",
    ),
    "one argument more": Slip(
        'Signature of "answer" incompatible with supertype',
        OVERRIDE,
        "def answer(self, call: Call, more: int) -> Transcription | None: return None",
    ),
    "missing return": Slip(
        "Missing return statement",
        'Function with declared return type "Transcription" must return value',
        "def finish(self, call: Call, transcription: Transcription) -> Transcription: transcription.replace(text='')",
    ),
    "missing return around a call": Slip(
        "Missing return statement",
        'Function with declared return type "Transcription" must return value',
        "async def around_call(self, call: Call, proceed: Proceed) -> Transcription: await proceed(call)",
    ),
    "missing return type": Slip(
        "Function is missing a return type annotation",
        None,  # it infers one
        "def finish(self, call: Call, transcription: Transcription): transcription.replace(text='')",
    ),
    "proceed with another value": Slip(
        'Argument 1 has incompatible type "Audio"; expected "Call"',
        'Argument of type "Audio" cannot be assigned to parameter of type "Call"',
        "async def around_call(self, call: Call, proceed: Proceed) -> Transcription: return await proceed(call.audio)",
    ),
    "proceed with the call of an attempt": Slip(
        'Argument 1 has incompatible type "Call"; expected "Attempt"',
        'Argument of type "Call" cannot be assigned to parameter of type "Attempt"',
        "async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription: "
        "return await proceed(attempt.call)",
    ),
    "proceed with nothing": Slip(
        "Too few arguments",
        "Expected 1 more positional argument",
        "async def around_call(self, call: Call, proceed: Proceed) -> Transcription: return await proceed()",
    ),
    "proceed of the other hook": Slip(
        'Argument 2 of "around_call" is incompatible with supertype',
        OVERRIDE,
        "async def around_call(self, call: Call, proceed: ProceedAttempt) -> Transcription: raise ValueError",
    ),
    "proceed returned without await": Slip(
        'Incompatible return value type (got "Coroutine[Any, Any, Transcription]", expected "Transcription")',
        'is not assignable to return type "Transcription"',
        "async def around_call(self, call: Call, proceed: Proceed) -> Transcription: return proceed(call)",
    ),
    "proceed called without await": Slip(
        'Value of type "Coroutine[Any, Any, Transcription]" must be used',
        "Result of async function call is not used",
        "async def around_call(self, call: Call, proceed: Proceed) -> Transcription:\n"
        "        proceed(call)\n"
        "        return Transcription(text='', model=call.model)",
    ),
    "sleep without await": Slip(
        'Value of type "Coroutine[Any, Any, None]" must be used',
        "Result of async function call is not used",
        "async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription:\n"
        "        attempt.call.sleep(1)\n"
        "        return await proceed(attempt)",
    ),
    "around hook that is not async": Slip(
        'Return type "Transcription" of "around_call" incompatible with return type "Coroutine[Any, Any, ',
        OVERRIDE,
        "def around_call(self, call: Call, proceed: Proceed) -> Transcription: raise ValueError",
    ),
    "async hook without a plain twin": Slip(
        'Return type "Coroutine[Any, Any, Transcription | None]" of "answer" incompatible',
        OVERRIDE,
        "async def answer(self, call: Call) -> Transcription | None: return None",
    ),
    "wrong type of a retry": Slip(
        'Return type "str" of "retry" incompatible with return type "float | Stop | None"',
        OVERRIDE,
        "def retry(self, failure: Failure) -> str: return 'now'",
    ),
    # Below, one of them is silent or both are: a client tells when it is made or when the hook is called.
    "wrong name of an argument": Slip(
        None,  # it compares arguments by position
        OVERRIDE,
        "def finish(self, cal: Call, transcription: Transcription) -> Transcription: return transcription",
    ),
    "missing return where None is allowed": Slip(
        "Missing return statement",
        None,  # falling off the end is None to it
        "def finish(self, call: Call, transcription: Transcription) -> Transcription | None: "
        "transcription.replace(text='')",
    ),
    "missing return in a branch where None is allowed": Slip(
        "Missing return statement",
        None,
        "def answer(self, call: Call) -> Transcription | None:\n"
        "        if call.model == 'mine':\n"
        "            return Transcription(text='', model='mine')",
    ),
    "nothing but None": Slip(
        None,  # a hook that never has an opinion
        None,
        "def finish(self, call: Call, transcription: Transcription) -> None: transcription.replace(text='')",
    ),
    "misspelt hook, marked as one that overrides": Slip(
        'Method "finnish" is marked as an override, but no base method was found with this name',
        'Method "finnish" is marked as override, but no base method of same name is present',
        "@override\n"
        "    def finnish(self, call: Call, transcription: Transcription) -> Transcription: return transcription",
    ),
    "misspelt hook": Slip(
        None,  # any class may have more functions than its base
        None,
        "def finnish(self, call: Call, transcription: Transcription) -> Transcription: return transcription",
    ),
}

RIGHT = {
    "pipe": "def finish(self, call: Call, transcription: Transcription) -> Transcription | None: return None",
    "pipe that always changes": "def prepare_request(self, call: Call) -> Call: return call.replace(model='m')",
    "first": "def retry(self, failure: Failure) -> float | None: return 1.0",
    "around": "async def around_call(self, call: Call, proceed: Proceed) -> Transcription: return await proceed(call)",
    "around that passes on to the base": "async def around_call(self, call: Call, proceed: Proceed) -> Transcription: "
    "return await super().around_call(call, proceed)",
    "around several": "async def around_call(self, call: Call, proceed: Proceed) -> Transcription:\n"
    "        answers = await call.gather(proceed(call), proceed(call.replace(model='other')))\n"
    "        return answers[0]",
    "plain with an async twin": "def answer(self, call: Call) -> Transcription | None: return None\n"
    "    @hookimpl(specname='answer', tryfirst=True)\n"
    "    async def answer_async(self, call: Call) -> Transcription | None: return None",
}

Found = dict[str, list[str]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file for each plugin."""
    folder = tmp_path_factory.mktemp("plugins")
    sources = {**{name: slip.source for name, slip in SLIPS.items()}, **RIGHT}
    for name, source in sources.items():
        (folder / file_of(name)).write_text(f"{START}    {source}\n")
    return folder


def file_of(name: str) -> str:
    return f"{name.replace(' ', '_')}.py"


def output_of(command: list[str], folder: Path) -> str:
    command = [sys.executable, "-m", *command]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def mypy(files: Path) -> Found:
    """The errors of mypy, by file."""
    found: Found = defaultdict(list)
    for line in output_of(["mypy", "--strict", "--output=json", "."], files).splitlines():
        error = json.loads(line)
        found[error["file"].removeprefix("./")].append(error["message"])
    return found


@pytest.fixture(scope="module")
def pyright(files: Path) -> Found:
    """The errors of pyright, by file."""
    found: Found = defaultdict(list)
    document = json.loads(output_of(["pyright", "--pythonpath", sys.executable, "--outputjson", "."], files))
    for error in document["generalDiagnostics"]:
        found[Path(error["file"]).name].append(error["message"])
    return found


@pytest.mark.parametrize("name", SLIPS)
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_slips_are_found(request: pytest.FixtureRequest, checker: str, name: str) -> None:
    """A slip is found by each checker at once, in words that say what is wrong."""
    found: list[str] = request.getfixturevalue(checker)[file_of(name)]
    message: str | None = getattr(SLIPS[name], checker)
    if message is None:
        assert found == []
    else:
        assert found
        assert message in found[0]


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_right_plugins_pass(request: pytest.FixtureRequest, checker: str, name: str) -> None:
    """No checker has anything against a plugin that keeps the contract."""
    assert request.getfixturevalue(checker)[file_of(name)] == []
