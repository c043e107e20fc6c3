"""Regressions against an earlier comparison: more passes, or fewer bytes per second."""

import math
import operator
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from fastgd.base.validation import is_number, refusal, show
from fastgd.comparing.report import write_reached

if TYPE_CHECKING:
    from fastgd.comparing.comparison import Comparison


def find_regressions(now: "Comparison", then: "Comparison", slower: float) -> list[tuple[str, ...]]:
    """Return what is worse now than then: run and metric, then, now.

    Raises
    ------
    TypeError, ValueError
        If the problems differ, no run is in common, or *slower* is below 1.
    """
    check_slower(slower)
    check_same(now.problem, now.scale + now.optimum, now.names, then)
    common = [run for run in now.names if run in then.names]
    shared = [metric for metric in now.metrics if metric in then.metrics]
    counts = [metric for metric in shared if metric.startswith("passes_to_")]
    worse: list[tuple[str, ...]] = []
    for run in common:
        worse += _more_passes(now, then, run, counts)
        fractions = zip(_speeds(then, run), _speeds(now, run), strict=True)
        before, after = min(fractions, key=lambda pair: pair[0] / (pair[1] or math.nan))
        if after * slower < before:
            worse.append((f"{run}.bandwidth_share", f"{before:.3g}", f"{after:.3g}"))
    return worse


def check_same(
    problem: dict[str, Any], start: float, runs: Collection[str], then: "Comparison"
) -> None:
    """Raise an error if a baseline is of another problem or has no run in common.

    *start* is the objective of *problem* at zero coefficients.
    """
    differing = [
        f"{key} is {show(then.problem.get(key))} there and {show(problem.get(key))} here"
        for key in problem | then.problem
        if key != "bytes" and then.problem.get(key) != problem.get(key)
    ]
    if not differing and not math.isclose(start, then.scale + then.optimum, rel_tol=1e-6):
        differing = ["its rows or targets are others"]
    if differing:
        raise ValueError(f"a baseline must be about the same problem: {', '.join(differing)}.")
    if not set(runs) & set(then.names):
        raise ValueError(
            f"a baseline must have a run in common: it has {', '.join(then.names)}, and this "
            f"comparison {', '.join(runs)}."
        )


def check_slower(slower: Any) -> None:
    """Raise an error for a factor below 1."""
    if not (is_number(slower) and 1 <= slower < math.inf):
        raise refusal("slower", "a finite number of at least 1", slower)


def _more_passes(
    now: "Comparison", then: "Comparison", run: str, metrics: list[str]
) -> list[tuple[str, ...]]:
    """Return the targets to which a run needs more passes, by more than a checkpoint."""
    checkpoints = [*then.entry(run).passes, math.inf]
    worse: list[tuple[str, ...]] = []
    for metric in metrics:
        before, after = then.metric(run, metric), now.metric(run, metric)
        if math.isnan(before) or before == math.inf:
            continue
        if not after <= checkpoints[checkpoints.index(before) + 1] or after == math.inf:
            worse.append((f"{run}.{metric}", f"{before:.4g}", write_reached(after)))
    return worse


def _speeds(comparison: "Comparison", run: str) -> tuple[float, float]:
    """Return a run's bytes read a second over those of a read from memory, and from cache."""
    entry = comparison.entry(run)
    read = comparison.problem["bytes"] * entry.passes[-1]
    seconds = [repeat[-1] for repeat in entry.seconds]
    paced = map(operator.mul, seconds, entry.paces or [math.nan] * len(seconds))
    bandwidth = comparison.bandwidth
    return read / (min(seconds) or math.nan) / bandwidth, read / (min(paced) or math.nan)
