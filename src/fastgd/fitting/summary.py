"""The summary of a result: what ran, what was chosen, how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastgd.schedules import Schedule

if TYPE_CHECKING:
    from fastgd.fitting.result import FitResult

VISIBLE = 0.01  # of the statistical error
LARGEST_SHOWN = 5  # coefficients


def summarise(result: FitResult) -> str:
    """Return a few lines about a result."""
    history = result.history
    is_named = result.coef_names_ is not None
    lines = [
        f"{result.variant} gradient descent, {result.mode}",
        f"  loss           {result.loss_}",
        f"  optimizer      {result.optimizer_}",
        f"  learning rate  {_short(result.learning_rate_)} ({result.rate_reason})",
        *(["  offset         needed: it was fitted with one"] if result.needs_offset_ else []),
        f"  rows per step  {result.batch_size_}",
        *(["  route          gram: gradients from X'X"] if result.route_ == "gram" else []),
        f"  epochs, steps  {result.n_iter_}, {result.t_}",
        f"  passes         {history['passes'][-1]:.4g}",
        f"  seconds        {history['seconds'][-1]:.3g}"
        f" (+ {result.compile_seconds:.2g} to compile or load)",
        f"  objective      {result.objective:.6g}",
        *([f"  largest        {_largest(result)}"] if is_named else []),
        *([f"  precision      {result.precision}"] if result.precision else []),
        *(f"  {name:<14} {words}" for name, words in result.choices.items()),
        f"  {result.stop_reason}",
    ]
    return "\n".join(lines)


def say_precision(result: FitResult) -> str:
    """Return how near the optimum a fit is, in words; "" if that is not known."""
    if result.suboptimality is None:
        return ""
    if result.statistical_error is None:
        return f"within {result.suboptimality:.2g} of the least objective, as far as it can tell"
    ratio = result.suboptimality / result.statistical_error
    exact = "" if ratio < VISIBLE or result.variant == "batch" else '; variant="batch" for exact'
    return f"within {ratio:.2g} statistical errors of the optimum, as far as it can tell{exact}"


def _largest(result: FitResult) -> str:
    """Return the largest coefficients by name."""
    order = np.argsort(-np.abs(result.coef_), kind="stable")
    names: Any = result.coef_names_
    shown = [f"{names[j]} {result.coef_[j]:.4g}" for j in order[:LARGEST_SHOWN]]
    return ", ".join([*shown, *(["..."] if len(order) > LARGEST_SHOWN else [])])


def _short(learning_rate: float | Schedule) -> str:
    return f"{learning_rate:.6g}" if isinstance(learning_rate, float) else str(learning_rate)
