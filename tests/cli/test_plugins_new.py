"""`openrouter-stt plugins new`: a distribution that is complete, and written whole or not at all."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from openrouter_stt import Client, __version__
from openrouter_stt._cli.plugins.new import SKELETONS
from openrouter_stt._registry import contracts
from tests.cli.conftest import Run
from tests.support.distributions import Install
from tests.support.server import Server
from tests.support.sounds import WAV

HOOKS = {"cache": {"cache_get", "cache_set"}}  # of the others, the one of their name


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder the program runs in."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def test_files(run: Run, folder: Path) -> None:
    """They are named as they are written, with what to do next."""
    ran = run("plugins", "new", "no-fillers")
    paths = [
        "no-fillers/pyproject.toml",
        "no-fillers/README.md",
        "no-fillers/LICENSE",
        "no-fillers/openrouter_stt_no_fillers/__init__.py",
        "no-fillers/openrouter_stt_no_fillers/py.typed",
        "no-fillers/tests/test_openrouter_stt_no_fillers.py",
    ]
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[:6] == paths
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == sorted(paths)
    commands = [line.strip() for line in ran.out.partition("Try:\n")[2].splitlines()]
    assert commands[0] == "cd no-fillers"
    assert "```sh\n" + "\n".join(commands[1:]) + "\n```" in (folder / "no-fillers" / "README.md").read_text("utf-8")


def test_distribution(run: Run) -> None:
    """The metadata is that of a plugin, and no placeholder is left in any file."""
    run("plugins", "new", "no-fillers")
    document = tomllib.loads(Path("no-fillers/pyproject.toml").read_text("utf-8"))
    project = document["project"]
    assert project["name"] == "openrouter-stt-no-fillers"
    assert project["dependencies"] == [f"openrouter-stt>={__version__}"]
    assert project["entry-points"] == {"openrouter_stt.v1": {"no-fillers": "openrouter_stt_no_fillers:NoFillers"}}
    for path in Path("no-fillers").rglob("*.*"):
        assert not path.is_file() or not re.search(r"\$\w", path.read_text("utf-8"))


@pytest.mark.parametrize("hook", SKELETONS)
def test_plugin(run: Run, install: Install, server: Server, hook: str) -> None:
    """Installed, it is found by its entry point, implements its hook, and the doctor has nothing to say."""
    run("plugins", "new", "mine", "--hook", hook)
    source = Path("mine/openrouter_stt_mine/__init__.py").read_text("utf-8")
    install("mine", source, entry_points="[openrouter_stt.v1]\nmine = mine_of_a_stranger:Mine\n")
    with Client("k", base_url=server.url) as client:
        assert client.plugins[0] == "mine"
        assert client.transcribe(WAV, model="m").text == "hello"
        own = {name for name in contracts() for impl in _hooks(client, name) if impl.plugin == "mine"}
    assert own == HOOKS.get(hook, {hook})
    doctor = run("plugins", "doctor")
    assert (doctor.status, "note" in doctor.out) == (0, False)


@pytest.mark.parametrize("hook", SKELETONS)
def test_plugin_runs_once(run: Run, install: Install, hook: str) -> None:
    """Given with settings it takes the place of the installed one, whose name it states."""
    run("plugins", "new", "my-own", "--hook", hook)
    source = Path("my-own/openrouter_stt_my_own/__init__.py").read_text("utf-8")
    install("mine", source, entry_points="[openrouter_stt.v1]\nmy-own = mine_of_a_stranger:MyOwn\n")
    install("again", source, entry_points="[others]\nagain = again_of_a_stranger\n")  # known by its name alone
    with Client("k", plugins=[importlib.import_module("again_of_a_stranger").MyOwn()]) as client:
        assert client.plugins == ("my-own", "logging", "local", "retry", "encoding")


def _hooks(client: Client, name: str) -> Any:
    return client._pipeline.engine.hooks[name].impls


@pytest.mark.parametrize("hook", SKELETONS)
def test_first_test_is_conformance(run: Run, hook: str) -> None:
    """Whatever the plugin becomes, it is held to the contract first."""
    run("plugins", "new", "mine", "--hook", hook)
    tests = Path("mine/tests/test_openrouter_stt_mine.py").read_text("utf-8")
    assert re.search(r"from openrouter_stt\.testing import .*\bconformance\b", tests)
    first = tests.partition("\ndef test_")[2]
    assert first.startswith('contract() -> None:\n    """It keeps the contract of plugins."""\n    conformance(Mine)\n')
    compile(tests, "tests", "exec")


def test_prefix_of_the_distribution(run: Run) -> None:
    """It may be given, and is not doubled."""
    assert run("plugins", "new", "openrouter-stt-shout").status == 0
    document = tomllib.loads(Path("openrouter-stt-shout/pyproject.toml").read_text("utf-8"))
    assert document["project"]["name"] == "openrouter-stt-shout"
    assert document["project"]["entry-points"]["openrouter_stt.v1"] == {"shout": "openrouter_stt_shout:Shout"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("No-Fillers", "take small letters, digits and hyphens, such as no-fillers"),
        ("../up", "take small letters"),
        ("", "take small letters"),
        ("3d", "take small letters"),
        ("retry", "'retry' is a built-in plugin, which it would replace"),
        ("cache", "'cache' is a built-in plugin"),
        ("call", "its class would be named Call, which is taken"),
        ("fake-transport", "its class would be named FakeTransport, which is taken"),
        ("true", "its class would be named True, which is taken"),
        ("testament", "its class would be named Testament, which is taken"),
    ],
)
def test_names_that_would_not_do(run: Run, folder: Path, name: str, message: str) -> None:
    """They are refused with the reason, and nothing is written."""
    ran = run("plugins", "new", name)
    assert ran.status == 2
    assert message in " ".join(ran.err.split())
    assert [*folder.iterdir()] == []


def test_name_of_a_class_of_the_skeleton(run: Run, folder: Path) -> None:
    """It is taken where the skeleton has one."""
    ran = run("plugins", "new", "turn-too-late-error", "--hook", "around_attempt")
    assert (ran.status, "TurnTooLateError, which is taken" in " ".join(ran.err.split())) == (2, True)
    assert run("plugins", "new", "turn-too-late-error").status == 0


def _state(path: Path) -> tuple[int, ...]:
    """What changes where a path is written to; a link that is looked at has a new time of access."""
    status = path.lstat()
    return status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns


@pytest.mark.parametrize("kind", ["folder", "file", "broken link"])
def test_nothing_is_overwritten(run: Run, folder: Path, kind: str) -> None:
    """Whatever is there already stays as it is, an empty folder too."""
    match kind:
        case "folder":
            (folder / "mine").mkdir()
        case "file":
            (folder / "mine").write_text("precious")
        case _:
            (folder / "mine").symlink_to("nowhere")
    before = _state(folder / "mine")
    ran = run("plugins", "new", "mine")
    assert (ran.status, "mine exists already; nothing was written" in ran.err) == (2, True)
    assert _state(folder / "mine") == before
    assert len([*folder.iterdir()]) == 1


def test_no_half_written_folder_is_left(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full in the middle, it is as if nothing had been begun."""
    written: list[Path] = []
    write = Path.write_text

    def full(path: Path, *args: Any, **settings: Any) -> int:
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        return write(path, *args, **settings)

    monkeypatch.setattr(Path, "write_text", full)
    ran = run("plugins", "new", "mine")
    assert (ran.status, "mine cannot be written: No space left on device" in ran.err) == (2, True)
    assert (len(written), [*folder.iterdir()]) == (3, [])


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_folder_has_ordinary_permissions(run: Run, folder: Path) -> None:
    """Others may read it, as any folder that was made there."""
    (folder / "other").mkdir()
    run("plugins", "new", "mine")
    assert (folder / "mine").stat().st_mode == (folder / "other").stat().st_mode
