"""From the traces of the runs to a comparison, with about 30 checkpoints per run."""

import math
from typing import Any

import numpy as np

from fastgd.comparing.comparison import Comparison, Entry
from fastgd.comparing.problem import Problem
from fastgd.comparing.reference import Distance, Hessian, Reference, find_reference
from fastgd.comparing.trace import Trace

CHECKPOINTS = 30


def judge(
    problem: Problem,
    traces: dict[str, list[Trace]],
    codes: dict[str, dict[str, Any]],
    targets: tuple[float | str, ...],
    kind: str,
) -> Comparison:
    """Compute the objective at the checkpoints and return the comparison."""
    with np.errstate(all="ignore"):
        hessian = Hessian(problem, problem.weights)
        best_seen = Reference("best seen", None, problem.at_zero, math.inf, None)
        found = find_reference(problem, hessian) if kind == "auto" else best_seen
        distance = Distance(problem, found, hessian)
        evaluated: dict[str, list[tuple[float, float | None]]] = {}
        places = {name: choose_checkpoints(ts) for name, ts in traces.items()}
        for name, repeats in traces.items():
            points = [repeats[0].points[k] for k in places[name]]
            evaluated[name] = [distance.objective_or_gap(point) for point in points]
    seen = [value for pairs in evaluated.values() for value, _ in pairs if not math.isnan(value)]
    optimum = found.objective if distance.exact else min([found.objective, *seen])
    entries = []
    for name, repeats in traces.items():
        first = repeats[0]
        entries.append(
            Entry(
                name=name,
                ran=first.ran,
                code={key: _plain(value) for key, value in codes[name].items()},
                passes=[first.passes[k] for k in places[name]],
                seconds=[[trace.seconds[k] for k in places[name]] for trace in repeats],
                gaps=[_gap(pair, optimum) for pair in evaluated[name]],
                compile_seconds=max(trace.compile_seconds for trace in repeats),
                stop_reason=first.stop_reason,
                paces=[trace.pace for trace in repeats],
                reads=first.reads,
            )
        )
    return Comparison(
        problem=describe_problem(problem),
        reference=found.kind,
        scale=max(found.start_objective - optimum, np.finfo(np.float64).tiny),
        optimum=optimum,
        statistical_error=found.statistical_error,
        targets=targets,
        entries=tuple(entries),
        bandwidth=math.nan,
    )


def describe_problem(problem: Problem) -> dict[str, Any]:
    """Return the facts of the problem that a comparison stores."""
    p, dtype = problem, problem.source.table.dtype
    return {
        "rows": p.n,
        "features": p.d,
        "dtype": str(dtype),
        "bytes": p.n * p.d * dtype.itemsize,
        "loss": repr(p.loss),
        "alpha": p.alpha,
        "l1_ratio": p.l1_ratio,
        "fit_intercept": p.fit_intercept,
    }


def choose_checkpoints(traces: list[Trace]) -> list[int]:
    """Return the checkpoints of a run: about 30, geometric in passes, with both ends.

    A time limit may end repeats at different points; only points that all of them reached count.
    """
    count = min(len(trace.points) for trace in traces)
    passes = np.array(traces[0].passes[:count])
    if count <= CHECKPOINTS or not np.isfinite(passes).all():
        return [*range(count)]
    positive = passes[passes > 0]
    ladder = np.geomspace(positive[0], positive[-1], CHECKPOINTS - 1)
    nearest = np.abs(passes[:, None] - ladder).argmin(axis=0)
    return sorted({0, count - 1, *nearest.tolist()})


def _gap(evaluated: tuple[float, float | None], optimum: float) -> float:
    value, gap = evaluated
    gap = value - optimum if gap is None else gap
    return math.inf if math.isnan(gap) else gap


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, str, type(None))) else repr(value)
