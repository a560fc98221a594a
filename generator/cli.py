"""The command line. Exit status: 0 done, 1 generated/ does not follow from the document, 2 refused."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from generator.build import Project, check, sync
from generator.refusal import Refusal

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run ``sync`` or ``check`` on the project in ``root`` and return the exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.command == "sync":
            return _report(sync(Project(root), chosen.source), "generated/ is as it was", 0)
        return _report(check(Project(root)), "generated/ follows from openapi.yaml", 1)
    except Refusal as refusal:
        print(f"refused: {refusal}", file=sys.stderr)  # noqa: T201  # a command line prints
        return 2


def _report(files: dict[str, str], nothing: str, status: int) -> int:
    print("\n".join(f"{file}: {words}" for file, words in files.items()) or nothing)  # noqa: T201  # as above
    return status if files else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m generator", description="From the published API to its client.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("sync", help="write openapi.yaml and generated/ from a page or document")
    command.add_argument("source", type=Path, help="a documentation page (.md) or a document (.yaml, .yml, .json)")
    commands.add_parser(
        "check", help="tell whether generated/ follows from openapi.yaml; names each file that does not"
    )
    return parser
