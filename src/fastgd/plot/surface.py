"""Surfaces: the objective about a point, for functions and for tables, and where its optimum is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from fastgd.base.types import Floats
from fastgd.base.validation import check_arity, show
from fastgd.comparing.problem import BLOCK_ROWS, Problem
from fastgd.comparing.reference import Hessian, find_reference
from fastgd.fitting.columns import check_columns
from fastgd.fitting.result import FitResult
from fastgd.minimizing.function import as_number, call
from fastgd.plot.trails import Trail

MAX_LOOKED_AT = 200  # points of a path that may be the best one known
FUNCTION_POINTS = 61**2  # of a grid
TABLE_VALUES = 1.5e8  # losses of rows on a grid: some seconds
MIN_TABLE_POINTS, MAX_TABLE_POINTS = 25**2, 81**2
STATED = ("alpha", "l1_ratio", "fit_intercept")


class Surface(Protocol):
    """An objective that is to be drawn; points are (n_parameters,) arrays."""

    grid_points: int  # that a grid may have to be drawn in seconds

    def along(self, origin: Floats, directions: Floats, shares: Floats) -> Floats:
        """Return the objective at origin + shares @ directions, shapes (n,), (k, n), (m, k)."""
        ...

    def check_values(self, values: Floats) -> None:
        """Refuse to draw where no value is a number."""
        ...

    def optimum(self) -> Floats | None:
        """Return the point of the least objective, or None where only paths can tell."""
        ...


class FunctionSurface:
    """A function of a point of shape *shape*: () is a number."""

    grid_points = FUNCTION_POINTS

    def __init__(self, fun: Callable[[Any], Any], shape: tuple[int, ...]) -> None:
        check_arity("fun", fun, "a function of a point")
        self.fun, self.shape = fun, shape

    def along(self, origin: Floats, directions: Floats, shares: Floats) -> Floats:
        """Return the function there; NaN where it has no value."""
        points = origin + shares @ directions
        with np.errstate(all="ignore"):
            return np.array([self._value(point) for point in points], dtype=np.float64)

    def _value(self, point: Floats) -> float:
        given = point.reshape(self.shape) if self.shape else float(point[0])
        return as_number(call("fun", self.fun, given))

    def check_values(self, values: Floats) -> None:
        """Refuse a function of which nothing is to be seen."""
        if not np.isfinite(values).any():
            raise ValueError("fun has no finite value anywhere in view.")

    def optimum(self) -> None:
        """Return None: of a function nothing is known."""
        return


class TableSurface:
    """The objective that fits to a table minimise."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        affordable = TABLE_VALUES / problem.n
        self.grid_points = int(np.clip(affordable, MIN_TABLE_POINTS, MAX_TABLE_POINTS))

    def along(self, origin: Floats, directions: Floats, shares: Floats) -> Floats:
        """Return F there, from the predictions of the origin and of each direction.

        Predictions are linear, so a thousand points cost k + 1 passes over X, not a thousand; the
        loss is then taken of some thousand rows at a time, which stay in the cache.
        """
        problem = self.problem
        moves = [problem.product(self._pad(point)) for point in directions]
        predictions = [problem.predict(self._pad(origin)), *moves]
        sums = np.zeros(len(shares))
        with np.errstate(all="ignore"):
            for start in range(0, problem.n, BLOCK_ROWS):
                rows = slice(start, min(start + BLOCK_ROWS, problem.n))
                at_origin, *moves = (z[rows] for z in predictions)
                for k, share in enumerate(shares):
                    z = at_origin.copy()
                    for amount, move in zip(share, moves, strict=True):
                        z += amount * move
                    sums[k] += problem.sum_losses(z, rows)
            points = (self._pad(origin + share @ directions) for share in shares)
            penalties = np.array([problem.penalty(point) for point in points])
        values: Floats = sums / problem.n + penalties
        return values

    def check_values(self, values: Floats) -> None:
        """Refuse nothing: a table that was fitted has an objective."""

    def _pad(self, point: Floats) -> Floats:
        """Return a point as a `Problem` has it: with an intercept, be it zero."""
        return point if self.problem.fit_intercept else np.append(point, 0.0)

    def optimum(self) -> Floats | None:
        """Return what `fastgd.compare` measures distances from."""
        point = best_point(self.problem)
        if point is None or self.problem.fit_intercept:
            return point
        return point[:-1]


def best_point(problem: Problem) -> Floats | None:
    """Return the optimum of a problem, None where it cannot be computed here."""
    with np.errstate(all="ignore"):
        try:
            return find_reference(problem, Hessian(problem, problem.weights)).point
        except ImportError:  # without SciPy the best that any run saw has to do
            return None


def make_surface(fun: Any, trails: list[Trail]) -> Surface:
    """Return the surface that *fun*, a function or a table, and the results of a fit describe."""
    if callable(fun):
        return FunctionSurface(fun, trails[0].shape)
    if not (isinstance(fun, (tuple, list)) and len(fun) in (2, 3)):
        raise TypeError(
            "fun must be a function of a point, or the table (X, y) or (X, y, sample_weight) that "
            f"was fitted; got {show(fun)}."
        )
    results = [trail.result for trail in trails]
    if not all(isinstance(result, FitResult) for result in results):
        raise TypeError(
            "fun must be a function of a point, since these results are not of fit; got a table: "
            "give the function that was minimised."
        )
    _check_same_objective(results)
    problem = _problem(fun, results[0])
    for result in results:
        check_columns(result, problem.d, problem.source.feature_names)
    return TableSurface(problem)


def _problem(table: Any, result: FitResult) -> Problem:
    """Return what a fit to a table minimised."""
    X, y, *weights = table
    stated = {name: result.recipe[name] for name in STATED}
    sample_weight = weights[0] if weights else result.recipe.get("sample_weight")
    offset = result.recipe.get("offset")
    return Problem(X, y, result.loss_, **stated, sample_weight=sample_weight, offset=offset)


def _check_same_objective(results: list[FitResult]) -> None:
    """Refuse results that lie on different surfaces."""
    objectives = [
        {"loss": result.loss_, **{name: result.recipe[name] for name in STATED}}
        for result in results
    ]
    for other in objectives[1:]:
        for name, value in objectives[0].items():
            if other[name] != value:
                raise ValueError(
                    f"results must share one objective; got {name}={show(value)} and "
                    f"{name}={show(other[name])}: draw them in pictures of their own."
                )
    if not all(_weigh_alike(results[0], other) for other in results[1:]):
        raise ValueError(
            "results must share one objective; got different sample weights: draw them in pictures "
            "of their own."
        )


def _weigh_alike(first: FitResult, other: FitResult) -> bool:
    """Return True if two fits weighed their rows in the same proportions."""
    a, b = (_proportions(result.recipe.get("sample_weight")) for result in (first, other))
    return (1 in (len(a), len(b)) or len(a) == len(b)) and np.allclose(a, b)


def _proportions(sample_weight: Any) -> Floats:
    """Return weights of mean 1; a single one where there were none."""
    weights = np.ones(1) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    return np.asarray(weights.ravel() / weights.mean())


def value_at(surface: Surface, point: Floats) -> float:
    """Return the objective at a point."""
    return float(surface.along(point, np.empty((0, len(point))), np.empty((1, 0)))[0])


@dataclass(frozen=True)
class Known:
    """The best point that is known, the objective there, and whether it is the optimum itself."""

    point: Floats
    value: float
    is_optimum: bool


def best_known(surface: Surface, trails: list[Trail]) -> Known:
    """Return the optimum, or the best point of all paths where it cannot be told."""
    optimum = surface.optimum()
    if optimum is not None:
        return Known(optimum, value_at(surface, optimum), True)
    points = np.concatenate([trail.thinned(MAX_LOOKED_AT).points for trail in trails])
    points = points[np.isfinite(points).all(axis=1)]
    values = np.array([value_at(surface, point) for point in points])
    best = int(np.argmin(np.where(np.isfinite(values), values, np.inf)))
    return Known(points[best], float(values[best]), False)
