"""The program as a process: what it loads, its terminal, its pipes and its end."""

from __future__ import annotations

import os
import pty
import re
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from pathlib import Path

import pytest

import openrouter_stt
import openrouter_stt.__main__ as entry
from openrouter_stt._cli import main
from tests.cli.conftest import Run
from tests.support.server import Answer, Server

SHOW_CURSOR = "\x1b[?25h"
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9]")
PROGRAM = [sys.executable, "-m", "openrouter_stt"]


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let child processes import what this process can."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    monkeypatch.setenv("TERM", "xterm")


def test_the_library_loads_neither_click_nor_rich() -> None:
    """They are the command line's alone; an application's import stays quick."""
    code = "import sys, openrouter_stt; print({'click', 'rich'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize(
    "args",
    [
        ["-h"],
        ["--help"],
        ["transcribe", "-h"],
        ["plugins", "-h"],
        *(["plugins", each, "-h"] for each in ("list", "doctor", "hooks", "new")),
    ],
)
def test_help(run: Run, args: list[str]) -> None:
    """Help is there at every level, and fits a terminal of 80 columns."""
    ran = run(*args)
    assert ran.status == 0
    assert ran.out.startswith("Usage: openrouter-stt")
    assert max(map(len, ran.out.splitlines())) <= 80


def test_help_has_exit_statuses_and_an_offline_example(run: Run) -> None:
    """Who writes scripts finds the statuses, who has no key an example."""
    shown = run("transcribe", "--help").out
    assert "openrouter-stt transcribe talk.wav --model local/moonshine-tiny" in shown
    for status in ("0", "1", "2", "3", "4", "5", "130"):
        assert f"\n  {status} " in shown


def test_version(run: Run) -> None:
    """`--version` names program and version."""
    assert run("--version").out == f"openrouter-stt, version {openrouter_stt.__version__}\n"


def test_module_is_the_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m openrouter_stt` is the same program; importing the module runs nothing."""
    assert entry.__doc__
    monkeypatch.setattr(sys, "argv", ["x", "--version"])
    monkeypatch.delitem(sys.modules, "openrouter_stt.__main__")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("openrouter_stt", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("openrouter-stt, version")


def started(*files: str) -> subprocess.Popen[str]:
    command = [*PROGRAM, "transcribe", "-m", "test/model", *files]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.usefixtures("recordings")
def test_results_are_there_before_the_next_file(server: Server) -> None:
    """In a pipe each answer is readable as soon as it is there, and nothing else is written."""
    go_on = threading.Event()
    server.will(Answer(), Answer(meanwhile=lambda: go_on.wait(30)))
    with started("1.wav", "2.wav") as process:
        assert process.stdout
        assert process.stdout.readline() == "1.wav: hello\n"
        go_on.set()
        assert process.communicate(timeout=30) == ("2.wav: hello\n", "")


@pytest.mark.usefixtures("recordings")
def test_ctrl_c_ends_at_130_without_a_traceback(server: Server) -> None:
    """An interrupt while the server takes its time ends the program; no result is printed any more."""
    asked, go_on = threading.Event(), threading.Event()
    server.will(Answer(meanwhile=lambda: (asked.set(), go_on.wait(30))))  # type: ignore[func-returns-value]
    with started("1.wav", "2.wav") as process:
        assert asked.wait(30)
        process.send_signal(signal.SIGINT)
        go_on.set()  # for a signal that came just before the program began to wait
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err.strip()) == (130, "", "openrouter-stt: interrupted")


def test_an_interrupt_is_reported_by_main(transcribe: Run, server: Server) -> None:
    """The entry point returns the status of an interrupt, and says so in a line."""
    server.will(Answer(meanwhile=lambda: os.kill(os.getpid(), signal.SIGINT)))
    ran = transcribe("1.wav")
    assert (ran.status, ran.out, ran.err.strip()) == (130, "", "openrouter-stt: interrupted")


@pytest.fixture
def closed_pipe() -> Iterator[int]:
    """The writing end of a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.usefixtures("recordings")
def test_a_closed_pipe_pays_for_no_further_file(
    server: Server, closed_pipe: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nobody reads any more, as under `| head`, the program stops."""
    with os.fdopen(closed_pipe, "w", closefd=False) as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        assert main(["transcribe", "-m", "test/model", "1.wav", "2.wav"]) == 141
    assert len(server.requests) == 1


@pytest.mark.usefixtures("server", "recordings")
def test_a_closed_pipe_ends_quietly(closed_pipe: int) -> None:
    """Neither the program nor the interpreter complains."""
    command = [*PROGRAM, "transcribe", "-m", "test/model", "1.wav"]
    ended = subprocess.run(command, stdout=closed_pipe, stderr=subprocess.PIPE, check=False, timeout=30)
    assert (ended.returncode, ended.stderr) == (141, b"")


FULL = Path("/dev/full")
full_disk = pytest.mark.skipif(not FULL.exists(), reason="a disk that is always full is a device of Linux")
NO_SPACE = "openrouter-stt: cannot write the results: No space left on device\n"


@full_disk
@pytest.mark.usefixtures("recordings")
def test_a_full_disk_pays_for_no_further_file(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Results that cannot be kept end the run, with one line that says why."""
    with FULL.open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(["transcribe", "-m", "test/model", "1.wav", "2.wav"]) == 1
    assert (capsys.readouterr().err, len(server.requests)) == (NO_SPACE, 1)


@full_disk
@pytest.mark.usefixtures("server", "recordings")
def test_a_full_disk_ends_without_a_traceback() -> None:
    """Neither the program nor the interpreter adds to that line."""
    command = [*PROGRAM, "transcribe", "-m", "test/model", "1.wav"]
    with FULL.open("w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=30)
    assert (ended.returncode, ended.stderr) == (1, NO_SPACE)


OnTerminal = Callable[..., tuple[str, str]]


@pytest.fixture
def on_terminal(transcribe: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[OnTerminal]:
    """Run the program with standard error on a pseudo-terminal; return standard output and what that showed."""
    monkeypatch.setenv("COLUMNS", "80")
    leader, follower = pty.openpty()

    def run(*args: str) -> tuple[str, str]:
        with open(follower, "w", closefd=False) as stream, redirect_stderr(stream):
            out = transcribe(*args).out
            stream.write("<end>")
        shown = ""
        while not shown.endswith("<end>"):
            shown += os.read(leader, 65536).decode()
        return out, shown.removesuffix("<end>")

    yield run
    os.close(follower)
    os.close(leader)


def test_a_spinner_for_one_file(on_terminal: OnTerminal) -> None:
    """On a terminal a file in work is named, on a line that is erased when the result comes."""
    out, shown = on_terminal("1.wav")
    assert out == "hello\n"
    assert "1.wav" in shown
    assert "0/1" not in shown
    assert shown.endswith(f"{SHOW_CURSOR}\r\x1b[1A\x1b[2K")


def test_a_bar_for_several_files(on_terminal: OnTerminal, recordings: Path) -> None:
    """Several files have a bar that counts those done; what looks like markup in a name is only a name."""
    (recordings / "1.wav").rename("[red]1.wav")
    out, shown = on_terminal("[red]1.wav", "2.wav")
    assert out == "[red]1.wav: hello\n2.wav: hello\n"
    assert all(words in shown for words in ("0/2", "[red]1.wav", "1/2", "2.wav"))


def test_news_have_a_line_above_the_spinner(on_terminal: OnTerminal, server: Server) -> None:
    """It stays, as it is, whatever the width; the spinner goes on below."""
    message = f"[red]:warning:{'busy ' * 20}now"
    server.will(Answer.of(503, {"error": {"code": 503, "message": message}}, Retry_After="0"))
    out, shown = on_terminal("1.wav")
    assert out == "hello\n"
    assert f"openrouter-stt: 1.wav: sent again in 0.0 s: status 503: {message}" in shown
    assert shown.endswith(f"{SHOW_CURSOR}\r\x1b[1A\x1b[2K")


def test_no_color_is_respected(on_terminal: OnTerminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR the bar is drawn without colours."""
    assert COLOUR.search(on_terminal("1.wav", "2.wav")[1])
    monkeypatch.setenv("NO_COLOR", "1")
    assert not COLOUR.search(on_terminal("1.wav", "2.wav")[1])


def test_a_dumb_terminal_has_no_spinner(on_terminal: OnTerminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that cannot move its cursor shows nothing but messages."""
    monkeypatch.setenv("TERM", "dumb")
    assert on_terminal("1.wav") == ("hello\n", "")


def test_a_log_has_the_terminal_for_itself(on_terminal: OnTerminal) -> None:
    """With -v the log is the sign of life; no spinner tears it apart."""
    _, shown = on_terminal("-v", "1.wav")
    assert "INFO" in shown
    assert "\x1b" not in shown
