"""The frontier: who is sooner at the statistical error, descent that nobody tuned or a solver?

    python -m benchmarks.frontier            # up to 1e8 values, some ten minutes
    python -m benchmarks.frontier --quick    # up to 1e7 values, a minute or two
    python -m benchmarks.frontier --smoke    # does it still run? the figures mean nothing

Writes benchmarks/frontier.json, and three digits of it into the page "When not to use gradient
descent", which has to run wherever it is downloaded to; or the file that --out names, and no page.
The sides take turns within one process, on one thread each: threads of
BLAS that wait for one another, on a machine where others work, cost solvers many times their time.
What is kept are medians, so that ratios of them may be read. Compiling is left out, all else is
not. --rows and --features narrow the grid; other cells that the file holds stay as they are.
"""

import argparse
import datetime
import itertools
import json
import re
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

import fastgd
from benchmarks import problems

ROWS = (1_000, 10_000, 100_000, 1_000_000)
FEATURES = (3, 10, 30, 100, 300, 1000)
CONDITION_NUMBER = 30.0
DESCENT = "minibatch"  # what `fastgd.fit(X, y)` runs
PEERS = ("cholesky", "lstsq", "sklearn-sgd")
RECORD = Path(__file__).with_name("frontier.json")
PAGE = Path(__file__).parents[1] / "examples" / "when_not_to.py"
BLOCK = re.compile(r'(?<=MEASURED = """\n).*?(?=""")', re.DOTALL)  # the figures in the page


def main() -> None:
    """Measure each cell of the grid, and write it beside those that the file holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="up to 1e7 values")
    parser.add_argument("--smoke", action="store_true", help="up to 1e5 values, twice")
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--features", type=int, nargs="+", default=FEATURES)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--time-limit", type=float, default=4.0, help="seconds of a run of descent")
    parser.add_argument("--machine", default="", help="what it runs on, in words for the page")
    parser.add_argument("--out", type=Path, default=RECORD)
    options = parser.parse_args()
    most = 1e5 if options.smoke else 1e7 if options.quick else 1e8
    repeats = 2 if options.smoke else options.repeats
    facts = json.loads(options.out.read_text()) if options.out.exists() else {"cells": []}
    cells = {(cell["rows"], cell["features"]): cell for cell in facts["cells"]}
    for n, d in itertools.product(options.rows, options.features):
        if d < n and n * d <= most:
            comparison = race(n, d, repeats, options.time_limit)
            today = datetime.date.today().isoformat()
            measured = {"date": today, "repeats": repeats, **read(comparison)}
            cells[n, d] = {"rows": n, "features": d, **measured}
            print(json.dumps(cells[n, d]), flush=True)
            facts = {
                "machine": options.machine or comparison.machine["processor"],
                "versions": comparison.machine,
                "condition_number": CONDITION_NUMBER,
                "cells": [cells[key] for key in sorted(cells)],
            }
            options.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    if options.out == RECORD:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(BLOCK.sub(lambda _: write_block(facts), page), encoding="utf-8")


def write_block(facts: dict[str, Any]) -> str:
    """Return what the page holds: where and when it was measured, and a table of milliseconds."""
    versions = facts["versions"]
    dates = ", ".join(sorted({cell["date"] for cell in facts["cells"]}))
    software = ", ".join(f"{name} {versions[name]}" for name in ("Python", "NumPy", "Numba"))
    lines = [f"# {facts['machine']}, {dates}", f"# {software}"]
    header = ("rows", "columns", DESCENT, "whole-call", *PEERS)
    lines.append(" ".join(f"{name:>{len(name) + 2}}" for name in header))
    for cell in facts["cells"]:
        times = [cell["seconds"][DESCENT], cell["whole_call"], *(cell["seconds"][p] for p in PEERS)]
        texts = ["never" if t is None else f"{float(f'{1000 * t:.3g}'):g}" for t in times]
        values = [str(cell["rows"]), str(cell["features"]), *texts]
        aligned = [f"{v:>{len(n) + 2}}" for v, n in zip(values, header, strict=True)]
        lines.append(" ".join(aligned))
    return "\n".join(lines) + "\n"


def race(n: int, d: int, repeats: int, time_limit: float) -> fastgd.Comparison:
    """Let descent and the peers take turns on a table of n x d."""
    X, y = problems.make(problems.Problem("squared_error", n, d, CONDITION_NUMBER))
    problems.make.cache_clear()  # one table at a time
    how_often = {"repeats": repeats, "time_limit": time_limit}
    with threadpool_limits(1):
        return fastgd.compare(
            X, y, [DESCENT], peers=PEERS, targets=["stat"], n_threads=1, **how_often
        )


def read(comparison: fastgd.Comparison) -> dict[str, Any]:
    """Return the median seconds to the statistical error, None for never, and of the whole call."""
    seconds = {
        name: None if seconds == float("inf") else seconds
        for name in comparison.names
        for seconds in [comparison.metric(name, "seconds_to_stat")]
    }
    return {"seconds": seconds, "whole_call": comparison.metric(DESCENT, "seconds")}


if __name__ == "__main__":
    main()
