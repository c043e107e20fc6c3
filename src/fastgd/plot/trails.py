"""Trails: the paths of results of any kind, with a name each."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.base.types import Floats
from fastgd.base.validation import describe_type
from fastgd.fitting.result import FitResult
from fastgd.minimizing.result import MinimizeResult

MAX_DRAWN = 20_000  # points of a path: more cannot be told apart, and take long


@dataclass(frozen=True)
class Trail:
    """The path of one result: points, the first the start, and after which steps they were."""

    label: str
    points: Floats  # (n_points, n_parameters); of a fit the intercept is the last parameter
    steps: NDArray[np.int64]  # (n_points,)
    result: Any

    @property
    def names(self) -> list[str]:
        """What the parameters are called."""
        if not isinstance(self.result, FitResult):
            return [entry_name(place) for place in np.ndindex(self.shape or (1,))]
        fitted = self.result.coef_names_
        d = len(self.result.coef_)
        names = [str(j) for j in range(d)] if fitted is None else [str(name) for name in fitted]
        return [*names, "intercept"][: self.points.shape[1]]

    @property
    def axis_names(self) -> list[str]:
        """What the axes of a picture call the parameters."""
        if not isinstance(self.result, FitResult):
            return self.names
        d = len(self.result.coef_)
        columns = [f"coefficient of column {name}" for name in self.names[:d]]
        return [*columns, *self.names[d:]]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a point as functions take it: () for a number."""
        if not isinstance(self.result, FitResult):
            return np.shape(self.result.x)
        count = self.points.shape[1]
        return (count,) if count > 1 else ()

    def passes(self) -> Floats | None:
        """Return how many passes over the rows led to each point; None where none are counted."""
        history = self.result.history
        if "passes" not in history:
            return None
        passes: Floats = np.interp(self.steps, history["step"], history["passes"])
        return passes

    def thinned(self, most: int) -> "Trail":
        """Return at most so many points, evenly taken, both ends among them."""
        count = len(self.points)
        if count <= most:
            return self
        kept = np.unique(np.linspace(0, count - 1, most).round().astype(int))
        return Trail(self.label, self.points[kept], self.steps[kept], self.result)


def entry_name(place: Iterable[Any]) -> str:
    """Return what an entry of an array of parameters is called."""
    return f"x[{', '.join(map(str, place))}]"


def is_result(value: Any) -> bool:
    """Return True if *value* is what `fit` or `minimize` returns."""
    return isinstance(value, (FitResult, MinimizeResult))


def read_results(results: Any) -> dict[str, Any]:
    """Return results by name: one, several, or a dict of them; refuse all else."""
    if is_result(results):
        results = [results]
    if isinstance(results, Mapping):
        named = {str(label): result for label, result in results.items()}
    elif isinstance(results, Iterable) and not isinstance(results, str):
        several = list(results)
        named = {}
        if all(map(is_result, several)):
            named = dict(zip(_labels(several), several, strict=True))
        else:
            named = {str(k): value for k, value in enumerate(several)}
    else:
        raise TypeError(
            "results must be what fit or minimize returned, a list or a dict of that; got "
            f"{describe_type(results)}."
        )
    for label, result in named.items():
        if not is_result(result):
            raise TypeError(
                "each of results must be what fit or minimize returned; got "
                f"{describe_type(result)} for {label!r}."
            )
    if not named:
        raise ValueError("results must hold one at least; got none.")
    return named


def read_trails(results: Any) -> list[Trail]:
    """Return the paths of results; refuse those without one, and such as do not go together."""
    trails = [_trail(label, result) for label, result in read_results(results).items()]
    counts = {trail.points.shape[1] for trail in trails}
    if len(counts) > 1:
        raise ValueError(
            "results must all be about the same parameters; got paths of "
            f"{' and '.join(map(str, sorted(counts)))} parameters."
        )
    return [trail.thinned(MAX_DRAWN) for trail in trails]


def _trail(label: str, result: Any) -> Trail:
    if result.path is None:
        raise ValueError(
            f"the result {label!r} has no path: pass record_path=True (or record_path=1 for every "
            "step) to the call that made it."
        )
    points = np.asarray(result.path, dtype=np.float64)
    return Trail(label, points.reshape(len(points), -1), np.asarray(result.path_steps), result)


def _labels(results: list[Any]) -> list[str]:
    """Return a name for each result: the least that tells them apart."""
    names = [_name(result) for result in results]
    counts = Counter(names)
    for k, result in enumerate(results):
        if counts[names[k]] > 1 and isinstance(result.learning_rate_, float):
            names[k] += f", rate {result.learning_rate_:.3g}"
    seen: Counter[str] = Counter()
    counts = Counter(names)
    for k, name in enumerate(names):
        seen[name] += 1
        if counts[name] > 1:
            names[k] += f" ({seen[name]})"
    return names


def _name(result: Any) -> str:
    """Return variant and optimizer in a word or two, as `fastgd.compare` writes them."""
    optimizer = str(getattr(result.optimizer_, "name", result.optimizer_))
    if not isinstance(result, FitResult):
        return optimizer
    return result.variant if optimizer == "gd" else f"{result.variant}:{optimizer}"
