"""`suggest`: what a table looks like to gradient descent, and which variant suits it."""

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastgd.curvature import Curvature
from fastgd.inputs import make_source
from fastgd.kernels.arguments import TALLY_SIZE, Floats
from fastgd.losses import Loss, SquaredError
from fastgd.order import draw_seed, settle_random_state
from fastgd.passes import FullPass
from fastgd.pilot import look_at, stable_rate
from fastgd.plan import (
    DEFAULT_BATCH_SIZE,
    EXACT,
    MOST_PRECONDITIONED,
    UNSEEN,
    best_variant,
)
from fastgd.request import VARIANTS, read_loss, read_n_threads
from fastgd.sample import moments
from fastgd.sources import Source, refuse_non_finite
from fastgd.stopwatch import Stopwatch
from fastgd.validation import check_flag, check_fraction, check_not_negative

TIMED_VALUES = 1 << 22  # of X: what is read to see how long a pass takes
EPOCH_OVER_PASS = {"batch": 1.0, "minibatch": 1.6, "stochastic": 2.0}  # rows in random order
USUAL_PASSES = {"batch": 40.0, "minibatch": 12.0, "stochastic": 12.0}  # without a curvature


@dataclass(frozen=True)
class Suggestion:
    """What `suggest` returns; its text is a small table.

    Attributes
    ----------
    n, d : int
        Rows and columns.
    condition : float
        Largest over smallest curvature of the columns as they are, the intercept included, as a
        sample of rows shows it: plain descent takes about so many steps per digit. infinity where
        columns depend on each other.
    condition_scaled : float
        The same of columns that are centred and scaled to variance 1.
    r_squared : float
        The smallest R^2 with E[||x||^2 x x'] <= R^2 E[x x'], times the loss's curvature; NaN where
        that has none.
    largest_eigenvalue : float
        L, the largest curvature of the objective.
    stable_rates : dict
        For each variant the rate below which theory calls plain descent on X as it is stable:
        2 / L; 2 / R^2; 2 b / (R^2 + (b - 1) L) of b = 256 rows. Empty where the loss's slope may
        jump.
    critical_batch_size : float
        R^2 / lambda_1 + 1: larger batches do not allow for a rate that is larger in proportion
        (Ma, Bassily, Belkin, 2018).
    variant, reason : str
        Which variant `variant="auto"` takes, and why.
    passes, seconds : dict
        What each self-tuned variant is expected to take until its tolerance is met: passes over
        the rows, and seconds on this machine, compiling left out.
    exact : str
        Whether an exact solver would be the better choice.
    """

    n: int
    d: int
    condition: float
    condition_scaled: float
    r_squared: float
    largest_eigenvalue: float
    stable_rates: dict[str, float]
    critical_batch_size: float
    variant: str
    reason: str
    passes: dict[str, float]
    seconds: dict[str, float]
    exact: str

    def __str__(self) -> str:
        """Return the table."""
        lines = [
            f"{self.n:,} rows x {self.d:,} columns",
            f"  condition      {self.condition:.3g} as they are, "
            f"{self.condition_scaled:.3g} standardised",
        ]
        if self.stable_rates:
            lines.append(
                f"  R^2, L         {self.r_squared:.3g}, {self.largest_eigenvalue:.3g}; beyond "
                f"{self.critical_batch_size:.3g} rows a step, rates grow no further in proportion"
            )
        for variant in VARIANTS:
            rate = self.stable_rates.get(variant)
            below = "" if rate is None else f"; textbook: rates below {rate:.3g}"
            lines.append(
                f"  {variant:<14} about {self.passes[variant]:.0f} passes, "
                f"{self.seconds[variant]:.2g} s{below}"
            )
        lines.append(f'  take           "{self.variant}": {self.reason}')
        return "\n".join([*lines, f"  exact          {self.exact}"])


def suggest(
    X: Any,
    y: Any,
    *,
    loss: Any = "squared_error",
    alpha: float = 0.0,
    l1_ratio: float = 0.0,
    fit_intercept: bool = True,
    sample_weight: Any = None,
    random_state: Any = None,
    n_threads: int | None = None,
) -> Suggestion:
    """Look at a table and say which variant suits it, which rates are stable, what it will take.

    Reads some thousand rows, and as many more as tell how long a pass takes.

    Parameters
    ----------
    X, y, loss, alpha, l1_ratio, fit_intercept, sample_weight, random_state, n_threads
        What `fit` will be given.

    Returns
    -------
    Suggestion

    Raises
    ------
    ValueError, TypeError
        For what `fit` would refuse.

    References
    ----------
    Ma, Bassily, Belkin, "The power of interpolation: understanding the effectiveness of SGD in
    modern over-parametrized learning", 2018, section 4.

    Examples
    --------
    >>> import fastgd
    >>> X, y, _ = fastgd.datasets.make_regression(1000, 3, noise=0.1, random_state=0)
    >>> fastgd.suggest(X, y, random_state=0).variant
    'batch'
    """
    read = read_loss(loss)
    alpha = check_not_negative("alpha", alpha)
    l1_ratio = check_fraction("l1_ratio", l1_ratio, or_one=True)
    fit_intercept = check_flag("fit_intercept", fit_intercept)
    threads = read_n_threads(n_threads)
    source = make_source(X, y, sample_weight, read.target)
    refuse_non_finite(source.y, "y")
    seed = draw_seed(settle_random_state(random_state))
    has_l1, l2 = alpha * l1_ratio > 0, alpha * (1 - l1_ratio)
    with np.errstate(all="ignore"):
        smooth = read.curvature is not None and source.d <= MOST_PRECONDITIONED
        watch = Stopwatch()
        seen = look_at(
            source,
            read,
            l2,
            fit_intercept,
            threads,
            seed,
            wants_curvature=smooth,
            scaling="none",
        )
        looking, rows, standard = watch.seconds, seen.sample, seen.standard
        curvature = None if has_l1 else seen.curvature
        scale = math.nan if read.curvature is None else read.curvature
        is_told = len(rows) >= min(source.n, source.d)  # so few of so wide rows tell nothing
        r_squared, largest = moments(rows) if is_told else (math.nan, math.nan)
        passes = {variant: _passes(variant, read, source, curvature) for variant in VARIANTS}
        pass_seconds = _seconds_of_a_pass(source, read, threads)
        r_squared, largest = scale * r_squared + l2, scale * largest + l2
        seconds = {v: looking + passes[v] * EPOCH_OVER_PASS[v] * pass_seconds for v in VARIANTS}
        variant, reason = best_variant(read, has_l1, source.n, source.d)
        return Suggestion(
            n=source.n,
            d=source.d,
            condition=_condition(rows, l2 * np.ones(source.d), scale, len(rows) == source.n),
            condition_scaled=_condition(
                standard.rows(rows),
                l2 * np.square(standard.units),
                scale,
                len(rows) == source.n,
            ),
            r_squared=r_squared,
            largest_eigenvalue=largest,
            stable_rates=_stable_rates(r_squared, largest),
            critical_batch_size=r_squared / largest + 1.0 if largest > 0 else math.nan,
            variant=variant,
            reason=reason,
            passes=passes,
            seconds=seconds,
            exact=_exact(read, has_l1, source.n, rows, seconds[variant]),
        )


def _condition(rows: Floats, l2: Floats, scale: float, is_everything: bool) -> float:
    """Return largest over smallest curvature, constant columns apart; of X'X / m without a loss's.

    Those are the squares of the singular values of the rows and, below them, the roots of l2.
    """
    penalty = np.append(l2 / (scale if math.isfinite(scale) else 1.0), 0.0)
    if len(rows) < rows.shape[1] - 1 and not l2.any():
        return math.inf if is_everything else math.nan
    varies = rows.any(axis=0)
    x = np.vstack([rows / math.sqrt(len(rows)), np.diag(np.sqrt(penalty))])[:, varies]
    if x.shape[1] == 0:
        return math.nan
    x = x[x.any(axis=1)]
    values = np.linalg.svd(x, compute_uv=False)
    smallest = values[-1] if len(x) >= x.shape[1] else 0.0
    return float(np.square(values[0] / smallest)) if smallest > 1e-8 * values[0] else math.inf


def _stable_rates(r_squared: float, L: float) -> dict[str, float]:
    if not (math.isfinite(r_squared * L) and L > 0):
        return {}
    return {
        "batch": 2.0 / L,
        "stochastic": stable_rate(1, r_squared, L),
        "minibatch": stable_rate(DEFAULT_BATCH_SIZE, r_squared, L),
    }


def _passes(variant: str, loss: Loss, source: Source, curvature: Curvature | None) -> float:
    """Return about how many passes a self-tuned fit takes."""
    if curvature is None:
        return USUAL_PASSES[variant]
    if variant == "stochastic":
        return 4.0  # an epoch or two, and as many looks
    ratio = ((1.0 + curvature.spread) / (1.0 - min(curvature.spread, 0.9))) ** 2
    contraction = max(((ratio - 1.0) / (ratio + 1.0)) ** 2, 1e-12)  # of the distance, a step
    rows = curvature.spread**-2 * source.d if curvature.spread > 0 else source.n
    start = curvature.statistical_error * source.n / rows
    start = start if variant == "batch" else curvature.statistical_error
    target = max(EXACT * curvature.fall, 1e-300)
    if variant == "minibatch":
        target = max(target, UNSEEN * curvature.statistical_error)
    steps = math.log(max(start / target, 1.0)) / -math.log(contraction)
    # What is not quadratic has no curvature to rely on to the last step.
    more = 2.0 if isinstance(loss, SquaredError) else 5.0
    return more + math.ceil(steps if math.isfinite(steps) else 0.0)


def _seconds_of_a_pass(source: Source, loss: Loss, n_threads: int) -> float:
    """Return the seconds of a pass over all rows, told from some of them."""
    rows = min(source.n, max(1, TIMED_VALUES // source.d))
    coef, g, tally = (
        np.zeros(source.d + 1, source.dtype),
        np.zeros(source.d + 1),
        np.zeros(TALLY_SIZE),
    )
    with FullPass(source, loss, n_threads, gradients=True) as full:
        best = math.inf
        for _ in range(3):
            began = time.perf_counter()
            full.add(coef, 0, rows, g, tally)
            best = min(best, time.perf_counter() - began)
    return best * source.n / rows


def _exact(loss: Loss, has_l1: bool, n: int, rows: Floats, seconds: float) -> str:
    """Say whether an exact solver is the better choice."""
    if not isinstance(loss, SquaredError) or has_l1:
        return "no exact solver in a fixed number of passes"
    began = time.perf_counter()
    products = rows.T @ rows
    made = time.perf_counter()
    np.linalg.cholesky(products + np.trace(products) * np.eye(len(products)))
    solving = (made - began) * n / len(rows) + time.perf_counter() - made
    faster = "faster" if solving < seconds else "slower"
    return (
        f"the normal equations (Cholesky) take about {solving:.2g} s, {faster} than this, where no "
        "columns are nearly alike"
    )
