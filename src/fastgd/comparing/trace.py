"""`Trace`: the points of a run and their times; `follow` runs a competing solver."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from fastgd.base.types import Floats
from fastgd.base.validation import show
from fastgd.comparing.problem import Problem
from fastgd.monitoring.reasons import StopReason

FAILED = "It failed: "  # how the stop reason of a method that failed begins


@dataclass
class Trace:
    """Points of one run, the start first."""

    passes: list[float] = field(default_factory=list)  # row gradients / rows; NaN: no such count
    seconds: list[float] = field(default_factory=list)
    points: list[Floats] = field(default_factory=list)  # (d + 1,), the intercept last
    ran: str = ""
    stop_reason: str = "It ended."
    compile_seconds: float = 0.0
    reads: float | None = None  # passes really made over the rows, if they differ from those above
    pace: float = math.nan  # bytes a second that a core read from its cache right after the run


Point: TypeAlias = tuple[float, Floats]  # passes so far, and the coefficients
Peer: TypeAlias = Callable[[Problem, int], Iterator[Point]]


def follow(name: str, peer: Peer, problem: Problem, seed: int, limit: float) -> Trace:
    """Run a competing solver until it ends or *limit* seconds are over.

    Only the time of the solver itself counts. The time before its first point (imports, compiling)
    counts as compiling. If it fails with a numerical error, its trace ends at the last point.
    """
    trace = Trace(ran=" ".join((peer.__doc__ or "").partition("\n\n")[0].split()))
    points = peer(problem, seed)
    if not isinstance(points, Iterator):
        raise TypeError(f"the peer {name} must be a generator function; it gave {show(points)}.")
    spent, began = 0.0, time.perf_counter()
    while spent <= limit:
        try:
            passes, point = read_point(name, next(points), problem)
        except StopIteration:
            break
        except (ArithmeticError, ValueError) as error:  # LinAlgError is a ValueError
            if not trace.points:
                raise
            trace.stop_reason = f"{FAILED}{error}"
            break
        spent += time.perf_counter() - began
        if not trace.points:
            trace.compile_seconds, spent = spent, 0.0
        trace.passes.append(passes)
        trace.seconds.append(spent)
        trace.points.append(point)
        began = time.perf_counter()
    else:
        trace.stop_reason = str(StopReason.TIME_LIMIT)
    if not trace.points:
        raise ValueError(f"the peer {name} yielded no point.")
    return trace


def read_point(name: str, yielded: Any, problem: Problem) -> Point:
    """Return the passes and the point that a peer yielded, checked."""
    wanted = (problem.d + 1,)
    try:
        passes, point = yielded
        passes, point = float(passes), np.array(point, dtype=np.float64)
    except (TypeError, ValueError):
        passes, point = math.nan, np.empty(0)
    if point.shape != wanted:
        raise TypeError(
            f"the peer {name} must yield (passes, point), a number and an array of shape {wanted}, "
            f"the intercept last; got {show(yielded)}."
        )
    return passes, point
