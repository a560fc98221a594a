"""Measure all and write docs/benchmarks.md, or guard a few ratios.

python -m benchmarks [MEASURE ...]     what is measured of these very sources is not measured again
python -m benchmarks --fresh           all of it again
python -m benchmarks --quick           ratios in generous bounds
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import environments


def main() -> int:
    """Run the command; progress goes to standard error."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help="by default all")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    parser.add_argument("--quick", action="store_true", help="guard a few ratios, in less than a minute")
    options = parser.parse_args()
    if options.quick:
        from benchmarks import quick

        return quick.main()
    results = environments.FOLDER.parent / "results" / environments.sources()
    if options.fresh:
        shutil.rmtree(results, ignore_errors=True)
    measured = measure(results, options.measures)
    if not options.measures:
        from benchmarks import report

        report.write(measured)
    return 0


def measure(results: Path, wanted: list[str]) -> dict[str, dict[str, Any]]:
    """Measure what is not there yet, each measure kept in a file as soon as it is done."""
    from benchmarks import adapters, stub
    from benchmarks.measures import MEASURES
    from benchmarks.sessions import Bench, console, progress

    names = wanted or list(MEASURES)
    results.mkdir(parents=True, exist_ok=True)
    for name in progress([*adapters.ALL, adapters.FLOOR], "Environments"):
        environments.python_of(name)
    with stub.running() as url:
        bench = Bench(url, environments.FOLDER.parent / "recordings")
        for number, name in enumerate(names, 1):
            file = results / f"{name}.json"
            if not file.exists() or wanted:
                words = (MEASURES[name].__doc__ or "").splitlines()[0]
                console.print(f"{number}/{len(names)} {name}: {words}", soft_wrap=True)
                begin = perf_counter()
                figures = MEASURES[name](bench)
                file.write_text(json.dumps({"figures": figures, "took": perf_counter() - begin}))
    return {name: json.loads((results / f"{name}.json").read_text()) for name in names}


if __name__ == "__main__":
    sys.exit(main())
