"""Batch sizes: passes and seconds to a target, from single rows to all of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastgd.base.validation import check_count, check_fraction, show
from fastgd.monitoring.reasons import Progress
from fastgd.plot.notebook import displayed
from fastgd.plot.style import PASSES, SMALL, add_legend_above, colour, some_axes, tick_decades
from fastgd.plot.sweeps import Ground, survey

GROWTH = 4  # from one batch size to the next, by default
SWEPT = {
    "learning_rate": "nothing, since each size gets the rate that suits it",
    "batch_size": "batch_sizes, a list of them",
    "variant": "nothing, since the batch size says it",
}


@dataclass(frozen=True)
class Reached:
    """What it took one batch size to come to the target."""

    size: int
    passes: float  # to the target, or all that were made
    seconds: float
    arrived: bool


@displayed
def plot_batch_sizes(
    X: Any,
    y: Any,
    *,
    batch_sizes: Any = None,
    target: float = 0.1,
    max_iter: int = 100,
    repeats: int = 3,
    axes: Any = None,
    **keywords: Any,
) -> Any:
    """Fit with one batch size after the other, and draw passes and seconds to a target.

    Each size b takes the textbook's steps at half the rate that theory calls stable for it,
    b / (B + (b - 1) L), and stops when it has arrived; B is the row bound,
    L the largest eigenvalue of the objective's Hessian. Up to the critical batch size B / L + 1 the
    rate grows almost in proportion, so passes stay the same; beyond it they grow.

    Parameters
    ----------
    X, y
        The table, as in `fit`.
    batch_sizes : array-like of int, optional
        Rows per step; 1 is `stochastic`, n_samples is `batch`. By default the powers of 4, and
        n_samples.
    target : float
        Relative suboptimality (F - F*) / (F(0) - F*) to reach, in (0, 1). A constant rate does not
        bring small batches as near as one likes; ``average="recent"`` does.
    max_iter : int
        Epochs that each size may take.
    repeats : int
        How often each size runs, in turn with the others; seconds are the median.
    axes : sequence of 2 matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    **keywords
        More of what `fit` takes, such as ``loss``.

    Returns
    -------
    ndarray of 2 matplotlib.axes.Axes
        ``axes[0].figure.savefig("sizes.png")`` writes them.

    Raises
    ------
    ValueError, TypeError
        For what `fit` would refuse, and losses for which no rate is known to be stable.
    ImportError
        If Matplotlib is not installed.

    References
    ----------
    Ma, Bassily, Belkin, "The power of interpolation: understanding the effectiveness of SGD in
    modern over-parametrized learning", 2018, section 4.

    Examples
    --------
    >>> import fastgd
    >>> X, y, _ = fastgd.datasets.make_regression(200, 2, noise=0.1, random_state=0)
    >>> axes = fastgd.plot.plot_batch_sizes(X, y, batch_sizes=[1, 200], target=0.1)
    >>> [ax.get_ylabel() for ax in axes]
    ['passes over the rows', 'seconds']
    """
    target = check_fraction("target", target, or_zero=False)
    epochs = check_count("max_iter", max_iter)
    axes = some_axes(axes, 2, 10, 4.4)
    ground = survey(X, y, keywords, SWEPT)
    if not ground.suggestion.stable_rates:
        raise ValueError(
            "plot_batch_sizes needs a loss whose slope does not jump, and rows enough to tell its "
            f"curvature; got loss={ground.problem.loss.name!r} on {ground.problem.n} rows."
        )
    sizes = _read_sizes(batch_sizes, ground.problem.n)
    rounds = [
        [_run(ground, size, target, epochs) for size in sizes]
        for _ in range(check_count("repeats", repeats))
    ]
    reached = [_median(runs) for runs in zip(*rounds, strict=True)]
    for ax, name, label in zip(axes, ("passes", "seconds"), (PASSES, "seconds"), strict=True):
        _draw(ax, name, reached, epochs)
        ax.set(xscale="log", yscale="log", xlabel="batch size (rows per step)", ylabel=label)
        tick_decades(ax.yaxis)
        _mark_critical(ax, ground.suggestion.critical_batch_size, sizes[-1])
    title = f"to a relative suboptimality of {target:g}"
    add_legend_above(axes[0], title=title, title_fontsize=SMALL, alignment="left")
    return axes


def _read_sizes(batch_sizes: Any, n: int) -> list[int]:
    """Return the sizes in ascending order, each at most the number of rows."""
    if batch_sizes is None:
        powers = GROWTH ** np.arange(int(np.log(n) / np.log(GROWTH)) + 1)
        return [*(int(size) for size in powers if size < n), n]
    if isinstance(batch_sizes, str) or not isinstance(batch_sizes, Iterable):
        raise TypeError(f"batch_sizes must be a list of integers; got {show(batch_sizes)}.")
    sizes = {check_count("each of batch_sizes", size) for size in batch_sizes}
    if not sizes or max(sizes) > n:
        raise ValueError(
            f"batch_sizes must be integers from 1 to the number of rows, {n}; got "
            f"{show(batch_sizes)}."
        )
    return sorted(sizes)


def _run(ground: Ground, size: int, target: float, epochs: int) -> Reached:
    """Fit with one batch size until it is there."""
    seen, n = ground.suggestion, ground.problem.n
    level = ground.least + target * ground.scale(ground.least)
    variant = {1: "stochastic", n: "batch"}.get(size, "minibatch")
    rows = {"batch_size": size} if variant == "minibatch" else {}

    def is_there(state: Progress) -> bool:
        return ground.objective(state.coef, state.intercept) <= level

    history = ground.fit(
        variant,
        learning_rate=size / (seen.row_bound + (size - 1) * seen.largest_eigenvalue),
        max_iter=epochs,
        record="objective",
        callback=is_there,
        **rows,
    ).history
    at_target = np.flatnonzero(history["objective"] <= level)
    place = int(at_target[0]) if len(at_target) else -1
    passes, seconds = (float(history[name][place]) for name in ("passes", "seconds"))
    return Reached(size, passes, seconds, len(at_target) > 0)


def _median(runs: tuple[Reached, ...]) -> Reached:
    """Return the run of one size whose seconds are the median."""
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


def _draw(ax: Any, name: str, reached: list[Reached], epochs: int) -> None:
    """Draw what it took, as a line; a size that did not arrive is a cross where it stopped."""
    # A gap where a size did not arrive: nothing is known of what lies between its neighbours.
    there = [(r.size, getattr(r, name) if r.arrived else np.nan) for r in reached]
    late = [(r.size, getattr(r, name)) for r in reached if not r.arrived]
    if len(late) < len(reached):
        ax.plot(
            *zip(*there, strict=True), "o-", color=colour(0), lw=1.6, ms=5, label="to the target"
        )
    if late:
        label = f"not there after {epochs} passes"
        ax.plot(*zip(*late, strict=True), "x", color=colour(1), ms=8, mew=2, label=label)


def _mark_critical(ax: Any, critical: float, largest: int) -> None:
    """Mark the size beyond which larger batches do not allow for rates larger in proportion."""
    label = f"critical batch size {critical:.3g}"
    if critical <= largest:
        ax.axvline(critical, color="0.35", ls="--", lw=1.2, label=label)
    else:
        ax.plot([], [], " ", label=f"{label}: beyond these")
