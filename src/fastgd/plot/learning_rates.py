"""Learning rates: how near each variant comes in the same number of epochs, rate by rate."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastgd.base.types import Floats
from fastgd.base.validation import check_count, check_name, check_positive, show
from fastgd.monitoring.reasons import StopReason
from fastgd.optimizers import GD
from fastgd.planning.request import VARIANTS
from fastgd.planning.stability import stable_rate
from fastgd.plot.notebook import displayed
from fastgd.plot.style import (
    LEARNING_RATE,
    RELATIVE,
    SMALL,
    add_legend_beside,
    colour,
    marker,
    one_axes,
)
from fastgd.plot.sweeps import Ground, survey

COUNT, DECADES = 25, 6  # rates by default
ABOVE_STABLE = 4.0  # times the largest stable rate: where they end
WITHOUT_THEORY = 10.0  # where they end if nothing is known of stable ones
FLOOR, CEILING = 1e-12, 10.0  # relative suboptimality that is drawn
SWEPT = {
    "learning_rate": "learning_rates, an array of them",
    "variant": "variants, a list of them",
}
# Of what theory says and of self-tuned fits; shifted, so that one shows through another.
DOTS, DASHES = (1.5, 3), (4, 8)


@dataclass(frozen=True)
class Sweep:
    """What came of one variant at every rate."""

    variant: str
    rates: Floats
    objectives: Floats  # infinity where the run diverged
    tuned: float  # objective of the self-tuned fit
    stable: float  # rate up to which theory calls it stable; NaN where it says nothing


@displayed
def plot_learning_rates(
    X: Any,
    y: Any,
    variants: Any = ("batch", "minibatch", "stochastic"),
    *,
    learning_rates: Any = None,
    max_iter: int = 10,
    ax: Any = None,
    **keywords: Any,
) -> Any:
    """Fit with one learning rate after the other, and draw how near the optimum each comes.

    Runs that diverged are crosses at the upper edge. A dotted line is the rate up to which theory
    calls plain descent stable (`fastgd.suggest`), a dashed one what the self-tuned fit reaches in
    as many epochs.

    Parameters
    ----------
    X, y
        The table, as in `fit`.
    variants : list of {"batch", "minibatch", "stochastic"}
    learning_rates : array-like, optional
        Rates, per step, on the mean gradient. By default 25 over six decades, the last one 4 times
        the largest stable rate.
    max_iter : int
        Epochs of each fit; for `batch` an epoch is a step.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    **keywords
        More of what `fit` takes, such as ``loss`` or ``batch_size``.

    Returns
    -------
    matplotlib.axes.Axes
        ``ax.figure.savefig("rates.png")`` writes it.

    Raises
    ------
    ValueError, TypeError
        For what `fit` would refuse, and rates that are no positive numbers.
    ImportError
        If Matplotlib is not installed.

    References
    ----------
    Ma, Bassily, Belkin, "The power of interpolation: understanding the effectiveness of SGD in
    modern over-parametrized learning", 2018, section 4: stable rates.

    Examples
    --------
    >>> import fastgd
    >>> X, y, _ = fastgd.datasets.make_regression(200, 2, random_state=0)
    >>> ax = fastgd.plot.plot_learning_rates(X, y, ["batch"], learning_rates=[0.1, 1.0, 10.0])
    >>> ax.get_xlabel()
    'learning rate (per step, on the mean gradient)'
    """
    names = _read_variants(variants)
    epochs = check_count("max_iter", max_iter)
    given = None if learning_rates is None else _read_rates(learning_rates)
    ax = one_axes(ax, 10.0)
    ground = survey(X, y, keywords, SWEPT)
    limits = {name: _stable(ground, name) for name in names}
    rates = _default_rates([*limits.values()]) if given is None else given
    sweeps = [_sweep(ground, name, rates, epochs, limits[name]) for name in names]
    # Of a loss with kinks no optimum is known: then it is the best that any run saw.
    least = min([ground.least, *(min(s.objectives.min(), s.tuned) for s in sweeps)])
    scale = ground.scale(least)
    for k, sweep in enumerate(sweeps):
        _draw(ax, k, sweep, least, scale, len(sweeps) - 1 - k)
    _finish(ax, epochs)
    return ax


def _read_variants(variants: Any) -> list[str]:
    names = [variants] if isinstance(variants, str) else variants
    if not isinstance(names, Iterable):
        raise TypeError(f"variants must be a list of {[*VARIANTS]}; got {show(variants)}.")
    names = [check_name("each of variants", name, VARIANTS) for name in names]
    if not names:
        raise ValueError(f"variants must name one of {[*VARIANTS]} at least; got none.")
    return names


def _read_rates(learning_rates: Any) -> Floats:
    try:
        rates = [check_positive("each of learning_rates", rate) for rate in learning_rates]
    except TypeError as error:
        if not isinstance(learning_rates, Iterable):
            text = f"learning_rates must be a list of numbers; got {show(learning_rates)}."
            raise TypeError(text) from None
        raise error
    if not rates:
        raise ValueError("learning_rates must hold one number at least; got none.")
    return np.sort(np.array(rates))


def _default_rates(limits: list[float]) -> Floats:
    known = [limit for limit in limits if np.isfinite(limit)]
    last = ABOVE_STABLE * max(known) if known else WITHOUT_THEORY
    return np.geomspace(last / 10.0**DECADES, last, COUNT)


def _stable(ground: Ground, variant: str) -> float:
    """Return the largest stable rate of plain descent; NaN for other optimizers."""
    seen = ground.suggestion
    optimizer = ground.keywords.get("optimizer", "gd")
    is_plain = optimizer in ("gd", "auto") or isinstance(optimizer, GD)
    if not (is_plain and seen.stable_rates):
        return float("nan")
    size = ground.keywords.get("batch_size", "auto")
    if variant != "minibatch" or size == "auto":
        return seen.stable_rates[variant]
    return stable_rate(size, seen.row_bound, seen.largest_eigenvalue)


def _sweep(ground: Ground, variant: str, rates: Floats, epochs: int, stable: float) -> Sweep:
    """Fit one variant at every rate, and once self-tuned."""
    objectives = []
    for rate in rates:
        result = ground.fit(variant, learning_rate=float(rate), max_iter=epochs)
        lost = result.stop_reason is StopReason.DIVERGED
        value = np.inf if lost else ground.objective(result.coef_, result.intercept_)
        objectives.append(value if np.isfinite(value) else np.inf)
    tuned = ground.fit(variant, max_iter=epochs)
    best = ground.objective(tuned.coef_, tuned.intercept_)
    return Sweep(variant, rates, np.array(objectives), best, stable)


def _draw(ax: Any, k: int, sweep: Sweep, least: float, scale: float, above: int) -> None:
    """Draw one variant: its curve, what diverged, what theory says, what tunes itself.

    The more variants are drawn *above* it, the wider it is, so that it shows beneath its equal.
    """
    heights = np.maximum((sweep.objectives - least) / scale, FLOOR)
    lost = ~(heights < CEILING)
    shown = np.where(lost, np.nan, heights)
    look = {"color": colour(k), "lw": 1.6 + above, "ms": 4.5 + 3 * above, "mfc": "none"}
    ax.plot(sweep.rates, shown, marker=marker(k), label=sweep.variant, **look)
    # Crosses of several variants lie side by side, not on one another.
    edge = 4 * CEILING * 1.6**-k
    ax.plot(sweep.rates[lost], np.full(lost.sum(), edge), "x", color=colour(k), ms=6, mew=1.5)
    if np.isfinite(sweep.stable):
        ax.axvline(sweep.stable, color=colour(k), ls=(k * DOTS[0], DOTS), lw=1.5, zorder=1)
    tuned = max((sweep.tuned - least) / scale, FLOOR)
    dashes = (k * DASHES[0], DASHES)
    ax.axhline(tuned, color=colour(k), ls=dashes, lw=1.3, zorder=1)


def _finish(ax: Any, epochs: int) -> None:
    """Scale the axes, and say what crosses, dots and dashes mean."""
    ax.set(xscale="log", yscale="log", xlabel=LEARNING_RATE, ylabel=RELATIVE)
    drawn = [value for line in ax.get_lines() for value in np.atleast_1d(line.get_ydata())]
    low = float(np.nanmin([value for value in drawn if value > 0]))
    ax.set_ylim(max(low / 3, FLOOR / 3), 6 * CEILING)
    grey = {"color": "0.35"}
    ax.plot([], [], "x", ms=6, mew=1.5, label="diverged, or far\nabove the start", **grey)
    ax.plot([], [], ls=(0, DOTS), lw=1.5, label="largest stable\nrate in theory", **grey)
    ax.plot([], [], ls=(0, DASHES), lw=1.3, label="self-tuned,\nas many epochs", **grey)
    what = "1 epoch" if epochs == 1 else f"{epochs} epochs"
    add_legend_beside(ax, title=f"after {what}", title_fontsize=SMALL)
