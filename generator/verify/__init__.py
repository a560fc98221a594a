"""Try a freshly generated package before it takes the place of the old one.

What can be seen in the text, ruff sees. The rest is tried in one child process (`probe.py`), on the oldest
Python that we support where there is one: nothing of the new package is ever imported here.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generator import facts, tree
from generator.refusal import Refusal
from generator.shake import shake
from generator.verify.examples import examples
from generator.verify.interpreter import OLDEST, interpreter

_PROBE = Path(__file__).with_name("probe.py")
_TOLD = 3


def verify(package: Path, meant: dict[str, Any], operations: tuple[str, ...]) -> tuple[str, ...]:
    """Try everything that the document ``meant`` promises of ``operations`` ("method path") in a generated package.

    ``meant`` is the document after normalising and before simplifying.
    Tried are, of the whole package: the text (syntax, undefined names), the import of each module by itself with
    warnings as errors and with nothing but the standard library, attrs and httpx, and an error class for each
    documented failure; of the operations: an endpoint for each, and the document's own examples, from JSON to an
    object and back.

    Returns notes: what could not be tried, and why.
    Raises Refusal, naming file and place, for the first few things that are wrong.
    """
    tree.require_clean(package)
    cases, notes = examples(shake(meant, operations))
    python, missing = interpreter(OLDEST)
    problems = _probe(
        python,
        {
            "package": str(package.resolve()),
            "operations": operations,
            "failures": [asdict(failure) for failure in facts.failures(meant)],
            "cases": [asdict(case) for case in cases],
        },
    )
    if problems:
        more = f"; and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
        raise Refusal(f"the generated code is wrong: {'; '.join(problems[:_TOLD])}{more}; correct generator/templates")
    return (*missing, *notes)


def _probe(python: str, job: dict[str, Any]) -> list[str]:
    done = subprocess.run(  # noqa: S603  # an interpreter, on files written a moment ago
        # Isolated: no variable and no directory around may bring other modules in; and no .pyc into the tree.
        [python, "-I", "-B", "-X", "utf8", str(_PROBE)],
        check=False,
        input=json.dumps(job),
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        words = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return [f"{Path(job['package']).name}: the process that tried it ended: {words[-1]}"]
    problems: list[str] = json.loads(done.stdout)
    return problems
