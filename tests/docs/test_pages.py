"""The pages on plugins: what stands there runs as it is written, and nothing that is there is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.pages import NAMES, PAGES, Reader, blocks, shows
from tests.support.server import Answer, Server
from tests.support.sounds import WAV

SAID = Answer.of(200, {"text": "write to ada@example.com about A-1234", "usage": {"cost": 0.01, "seconds": 9.2}})
RUN = {"python", "sh", "text"}


@pytest.fixture
def reader(tmp_path: Path, server: Server, redis_url: str) -> Reader:
    """One with a key, two recordings, a server that answers and a Redis."""
    server.will(*[SAID] * 50)
    settings = {"OPENROUTER_API_KEY": "sk-or-test", "OPENROUTER_BASE_URL": server.url, "REDIS_URL": redis_url}
    made = Reader(tmp_path, settings)
    for name in ("talk.wav", "interview.wav"):
        (made.folder / name).write_bytes(WAV)
    return made


@pytest.mark.parametrize("page", NAMES)
def test_page_runs(reader: Reader, page: str) -> None:
    """Each block of code ends well and prints what the page says, in the order of the page."""
    printed = ""
    for block in blocks(page):
        if block.language == "text":
            assert shows(printed, block.text), f"{block.place} is not in what is printed:\n{printed}"
        elif block.excluded is None:
            printed = reader.run(block)


@pytest.mark.parametrize("page", NAMES)
def test_nothing_is_left_out_silently(page: str) -> None:
    """A block is of a language that runs, or is excluded with a reason; the reference's excerpts run elsewhere."""
    others = {"py", "toml"} if page == "reference" else {"toml"}
    assert {block.language for block in blocks(page) if block.excluded is None} <= RUN | others


def test_only_what_reaches_out_is_excluded() -> None:
    """Publishing is the one thing that cannot be done here."""
    excluded = [(block.place.partition(":")[0], block.excluded) for page in NAMES for block in blocks(page)]
    assert [each for each in excluded if each[1]] == [("tutorial.md", "it publishes")]


@pytest.mark.parametrize("page", NAMES)
def test_links_lead_somewhere(page: str) -> None:
    """Each link within the repository is to a file that is there, and each anchor to a heading."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        file = PAGES / (path or f"{page}.md")
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def anchors(file: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
