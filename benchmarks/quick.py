"""Every asv suite once, in this environment: does each benchmark still give figures?

    python -m benchmarks.quick

Exits with status 1 where a benchmark fails, or gives no figure at all: asv itself is content with
one that is skipped for all its parameters. The figures are of single runs: too few to compare.
"""

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
HERE = ("--python", "same")
ONCE = ("--quick", "--launch-method", "forkserver", "--show-stderr")


def main() -> None:
    """Check the suites, run them, look at what they found."""
    with tempfile.TemporaryDirectory() as folder:
        settings = json.loads((ROOT / "asv.conf.json").read_text(encoding="utf-8"))
        places = {key: str(ROOT / settings[key]) for key in ("repo", "benchmark_dir")}
        config = Path(folder, "asv.conf.json")
        results = Path(folder, "results")
        config.write_text(json.dumps({**settings, **places, "results_dir": str(results)}))
        asv = (sys.executable, "-m", "asv", "--config", str(config))
        subprocess.run([*asv, "machine", "--yes"], check=True, stdout=subprocess.DEVNULL)
        for command in (["check", *HERE], ["run", *HERE, *ONCE, "--set-commit-hash", "HEAD"]):
            status = subprocess.run([*asv, *command], check=False).returncode
            if status:
                sys.exit(f"asv {command[0]} ended with status {status}.")
        silent = sorted(without_figures(results))
    if silent:
        sys.exit(f"no figure came of: {', '.join(silent)}.")


def without_figures(results: Path) -> Iterator[str]:
    """Return the benchmarks that were asked for and gave no finite number."""
    asked = set(json.loads((results / "benchmarks.json").read_text())) - {"version"}
    answered = set()
    for file in results.glob("*/*-*.json"):
        found = json.loads(file.read_text())
        place = found["result_columns"].index("result")
        answered |= {name for name, row in found["results"].items() if any(figures(row[place]))}
    yield from asked - answered


def figures(values: list[Any] | None) -> Iterator[bool]:
    """Return of each value whether it is a number."""
    for value in values or []:
        yield value is not None and math.isfinite(value)


if __name__ == "__main__":
    main()
