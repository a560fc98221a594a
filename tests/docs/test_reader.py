"""What runs the pages notices when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages import Block, Reader, shows


def block(language: str, text: str) -> Block:
    return Block("page.md:1", language, text, None)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path, {})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (block("python", "1 / 0\n"), "page.md:1 ends with status 1:(?s:.*)ZeroDivisionError"),
        (block("python", "import warnings\nwarnings.warn('old')\n"), "UserWarning: old"),
        (block("python", "print(1 + 1)  # 3\n"), "page.md:1 prints '2\\\\n', not '3'"),
        (block("python", "# test_one.py\ndef test_one():\n    assert False\n"), "1 failed"),
        (block("sh", "false\ntrue\n"), "page.md:1 ends with status 1"),
        (block("sh", "false | true\n"), "page.md:1 ends with status 1"),
        (block("sh", 'pip install "openrouter-stt[none]"\n'), "does not provide the extra 'none'"),
    ],
)
def test_wrong_blocks(reader: Reader, wrong: Block, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        reader.run(wrong)


def test_one_block_after_the_other(reader: Reader) -> None:
    """Files and folders of one block are there for the next."""
    reader.run(block("sh", "mkdir inside\ncd inside\n"))
    reader.run(block("python", "# named.py\nNAME = 'named'\n"))
    assert reader.run(block("python", "import named\nprint(named.NAME)  # named\n")) == "named\n"
    assert reader.folder.name == "inside"


@pytest.mark.parametrize(
    ("expected", "is_shown"),
    [
        ("two  words\n", True),
        ("one\ntwo words\n", True),
        ("two words\none\n", False),
        ("one\nthree\n", False),
        ("one\n...\nthree\n", True),
        ("t... words\n", True),
        ("two\n", False),
    ],
)
def test_what_is_shown(expected: str, is_shown: bool) -> None:
    """Lines are looked for whole and in their order, however wide their columns are."""
    assert shows("one\ntwo words\nthree\n", expected) is is_shown
