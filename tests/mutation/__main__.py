"""Change the code in small ways, one at a time, and count the changes that its tests notice.

`python -m tests.mutation [GROUP ...]` works in a copy of the code, and fails where a group's score is below 90 %.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome

ROOT: Final = Path(__file__).parents[2]
COPIED: Final = ("generated", "openapi.yaml", "plugins", "pyproject.toml", "src", "tests")
PLUGINS: Final = ("-p", "pytest_openrouter_stt", "-p", "no:cacheprovider")  # others take time to import
LEAST: Final = 90.0  # per cent

# Of the ways to replace an operator those are left that any test for the others finds, too (for comparisons:
# G. Kaminski, P. Ammann, J. Offutt, "Improving logic-based testing", 2013), and `|` stays, which mostly joins types.
LEFT_OUT: Final = (
    "core/ReplaceComparisonOperator_(?!(Lt_LtE|Lt_NotEq|LtE_Lt|LtE_Eq|Gt_GtE|Gt_NotEq|GtE_Gt|GtE_Eq|Eq_LtE|Eq_GtE"
    "|Eq_NotEq|NotEq_Lt|NotEq_Gt|NotEq_Eq|Is_IsNot|IsNot_Is)$)",
    "core/ReplaceBinaryOperator_(?!(Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Mul|Mod_Mul|Pow_Mul|BitAnd_BitOr)$)",
    "core/ReplaceUnaryOperator_(?!(USub_UAdd|Delete_Not)$)",
)


class Group(NamedTuple):
    """Modules, and the tests that are about them: those that find most come first."""

    modules: Sequence[str]
    tests: Sequence[str]


GROUPS: Final = {
    "retry": Group(
        ["plugins/openrouter_stt_plugins/retry.py"],
        [
            "tests/plugins/test_retry_policy.py",
            "tests/facade/test_retry.py",
            "tests/faults/test_retry_budget.py",
            "-k",
            "not TestModel and not asyncio and not trio",
        ],
    ),
    "cache": Group(
        ["plugins/openrouter_stt_plugins/cache.py", "plugins/openrouter_stt_plugins/_cache"],
        [
            "tests/plugins/test_cache_bounds.py",
            "tests/plugins/test_caches.py",
            "tests/plugins/test_disk_claims.py",
            "tests/plugins/test_disk_cache.py",
            "tests/plugins/test_cache_trouble.py",
            "tests/facade/test_forks.py::test_no_connection_of_a_cache_comes_into_a_child",
            "tests/facade/test_forks.py::test_a_cache_on_disk_serves_both",
            "tests/facade/test_forks.py::test_a_cache_that_threads_are_writing_to_may_be_forked",
            "-k",
            "not asyncio and not trio and not processes and not killed_process",
        ],
    ),
    "single-flight": Group(
        [f"src/openrouter_stt/{name}.py" for name in ("_cachekey", "_flights", "_keeping")],
        [
            "tests/facade/test_claims.py",
            "tests/facade/test_cache.py",
            "tests/facade/test_single_flight.py",
            "tests/facade/test_billing.py",
            "tests/facade/test_known_files.py",
            "tests/facade/test_forks.py::test_a_child_does_not_wait_for_a_thread_of_its_parent",
            "-k",
            "not trio",
        ],
    ),
    "redaction": Group(
        ["plugins/openrouter_stt_plugins/redaction.py"],
        [
            "tests/plugins/test_redaction.py",
            "-k",
            "not linear and not far_down and (not asyncio or hold_up) and not trio",
        ],
    ),
    "answers": Group(
        [f"src/openrouter_stt/{name}.py" for name in ("_answer", "_decompress", "_incoming", "_json", "_redact")],
        [
            "tests/facade/test_incoming.py",
            "tests/facade/test_reading.py",
            "tests/facade/test_tolerant_answers.py",
            "-k",
            "not trio and not bomb",
        ],
    ),
}


def main(names: Sequence[str]) -> int:
    """Measure these groups, or all of them, and return 1 where one is below the least score."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy / name)
        scores = [_score(name, GROUPS[name], copy) for name in names or GROUPS]
    return int(min(scores) < LEAST)


def _score(name: str, group: Group, copy: Path) -> float:
    """Measure a group, print what was not noticed, and return the share of what was, in per cent."""
    started = monotonic()
    tests = [sys.executable, "-m", "pytest", "-qx", "--tb=no", *PLUGINS, *group.tests]
    _run(copy, *tests)
    session = _mutated(group, tests, 10 + 3 * (monotonic() - started), copy)
    diffs = _diffs(session)
    noticed, others = diffs[TestOutcome.KILLED], diffs[TestOutcome.SURVIVED]
    share = 100 * len(noticed) / (len(noticed) + len(others))
    seconds = monotonic() - started
    sys.stdout.write("\n\n".join(others))
    sys.stdout.write(f"\n{name}: {len(noticed)} of {len(noticed) + len(others)} changes were noticed, {share:.1f} %, ")
    sys.stdout.write(f"in {seconds:.0f} s\n")
    sys.stdout.flush()  # the next group takes minutes
    return share


def _mutated(group: Group, tests: Sequence[str], limit: float, copy: Path) -> Path:
    """Run the tests for each change, at most `limit` seconds, and return the file of what came of them."""
    (copy / "config.toml").write_text(
        f"[cosmic-ray]\nmodule-path = {json.dumps(group.modules)}\nexcluded-modules = []\n"
        f"timeout = {limit}\ntest-command = {json.dumps(shlex.join(tests))}\ndistributor.name = 'local'\n"
        f"[cosmic-ray.filters.operators-filter]\nexclude-operators = {json.dumps(LEFT_OUT)}\n"
    )
    session = copy / "session.sqlite"
    _run(copy, "cosmic-ray", "init", "--force", "config.toml", session.name)
    _run(copy, "cr-filter-operators", session.name, "config.toml")
    _run(copy, "cr-filter-pragma", session.name)
    _run(copy, "cosmic-ray", "exec", "config.toml", session.name)
    return session


def _diffs(session: Path) -> dict[TestOutcome, list[str]]:
    """Return the changes by what came of them; those left out, which cosmic-ray itself counts as killed, are not."""
    diffs: dict[TestOutcome, list[str]] = {outcome: [] for outcome in TestOutcome}
    with use_db(session, WorkDB.Mode.open) as results:
        for _, result in results.completed_work_items:
            if result.test_outcome is not None:
                diffs[result.test_outcome].append(result.diff)
    return diffs


def _run(copy: Path, *command: str) -> None:
    """Run a command in the copy, whose modules come before those that are installed."""
    paths = os.pathsep.join(str(copy / name) for name in ("src", "plugins", "generated"))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # cosmic-ray sets it where it matters
    subprocess.run(command, cwd=copy, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
