"""The grid of settings that each peer was tried at; peers run at the setting that is printed first.

    python -m benchmarks.tuning                      # every peer that is installed, ten minutes
    python -m benchmarks.tuning sklearn-sgd

On each problem that the peer serves, a setting costs the seconds to 1e-2, to 1e-4 and to the
statistical error, added up, the time limit where it never gets there. Prints tables in Markdown.
"""

import functools
import itertools
import math
import statistics
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

import benchmarks.frameworks  # noqa: F401 - enters its peers
import fastgd
from benchmarks.problems import PROBLEMS, Problem, make
from fastgd.comparing.comparison import Comparison
from fastgd.comparing.peers import PEERS
from fastgd.comparing.report import target_name, write_table
from fastgd.comparing.trace import Peer

ON = {
    **PROBLEMS,
    "quick": Problem("squared_error", 100_000, 50, 30.0),
    "flights": Problem("squared_error", 327_346, 49, math.nan),
}
LIMIT = 2.0  # seconds
TARGETS = (1e-2, 1e-4, "stat")
STEPS = {"size": (256, 1024, 4096), "rate": (0.25, 0.5, 0.9), "growth": (1.5, 2.0, 4.0)}
GRIDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "numpy-minibatch": STEPS,
    "sklearn-sgd": {"rate": (0.5, 1.0, 2.0, 4.0), "power_t": (0.25, 0.5), "average": (True, False)},
    "torch-minibatch": STEPS,
    "torch-lbfgs": {"history": (10, 20, 50), "iterations": (5, 10, 20)},
    "jax-minibatch": STEPS,
}


def main(names: list[str]) -> None:
    """Print a table for each peer."""
    for name in names or [name for name in GRIDS if PEERS[name].installed]:
        problems = [p for p, row in ON.items() if row.loss in PEERS[name].losses]
        races = {problem: race(problem, name) for problem in problems}
        header = ("setting", *problems, "geometric mean [s]")
        costs = {s: [cost(c, s) for c in races.values()] for s in races[problems[0]].names}
        ranked = sorted(costs.items(), key=lambda item: math.prod(item[1]))
        means = [statistics.geometric_mean(each) for _, each in ranked]
        rows = [
            (setting, *(f"{cost:.2f}" for cost in [*each, mean]))
            for (setting, each), mean in zip(ranked, means, strict=True)
        ]
        print(f"\n`{name}`\n\n{write_table(header, rows)}", flush=True)


def race(problem: str, name: str) -> Comparison:
    """Race a peer's settings on a problem."""
    return fastgd.compare(
        *(flights() if problem == "flights" else make(ON[problem])),
        [],
        loss=ON[problem].loss,
        targets=TARGETS,
        time_limit=LIMIT,
        repeats=1,
        peers=[*settings(name)],
    )


@functools.cache
def flights() -> tuple[np.ndarray, np.ndarray]:
    """Return the flights, standardised."""
    X, y, _ = fastgd.datasets.load_flights()
    return (X - X.mean(axis=0)) / X.std(axis=0), y


def settings(name: str) -> Iterator[Peer]:
    """Return a peer at each setting of its grid, named for it."""
    grid = GRIDS[name]
    for values in itertools.product(*grid.values()):
        keywords = dict(zip(grid, values, strict=True))
        peer = functools.partial(PEERS[name].run, **keywords)
        peer.__name__ = ",".join(f"{key}={value}" for key, value in keywords.items())
        peer.__doc__ = PEERS[name].run.__doc__
        yield peer


def cost(comparison: Comparison, setting: str) -> float:
    """Return the seconds to all targets."""
    seconds = [comparison.metric(setting, f"seconds_to_{target_name(t)}") for t in TARGETS]
    return math.fsum(min(s, LIMIT) for s in seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
