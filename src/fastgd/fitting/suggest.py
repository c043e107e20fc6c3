"""`suggest`: how well a table is conditioned, and which variant suits it."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastgd.base.types import Floats
from fastgd.base.validation import check_flag, check_fraction, check_not_negative
from fastgd.data.inputs import make_source
from fastgd.data.orders import draw_seed, fix_random_state
from fastgd.data.sources import refuse_non_finite
from fastgd.planning.costs import expected_passes, seconds_of_a_pass, seconds_of_cholesky, shortest
from fastgd.planning.moments import has_moments, sum_moments
from fastgd.planning.objective import Objective
from fastgd.planning.pilot.estimates import Estimates, estimate
from fastgd.planning.pilot.pilot import Pilot
from fastgd.planning.preconditioning import MAX_PRECONDITIONED
from fastgd.planning.request import VARIANTS, read_loss, read_n_threads
from fastgd.planning.stability import Smoothness, smoothness, smoothness_of
from fastgd.planning.steps import DEFAULT_BATCH_SIZE
from fastgd.planning.variant import best_variant

EPOCH_OVER_PASS = {"batch": 1.0, "minibatch": 1.6, "stochastic": 2.0}  # rows in random order


@dataclass(frozen=True)
class Suggestion:
    """What `suggest` returns; its text is a small table.

    Attributes
    ----------
    n, d : int
        Rows and columns.
    condition : float
        Largest over smallest eigenvalue of X'X / n, of the original columns and the intercept:
        plain descent takes about so many steps per digit. Infinity if columns depend on each
        other.
    condition_scaled : float
        The same of columns that are centred and scaled to variance 1.
    row_bound : float
        B, the smallest number with E[||x||^2 x x'] <= B E[x x'], times the bound of the loss's
        second derivative; NaN if it has none. Rows of rare levels decide it.
    largest_eigenvalue : float
        L, the largest eigenvalue of the objective's Hessian.
    stable_rates : dict
        For each variant the rate below which theory calls plain descent on X as it is stable:
        2 / L; 2 / B; 2 b / (B + (b - 1) L) for b = 256 rows. Empty if the loss is not smooth.
    critical_batch_size : float
        B / L + 1: larger batches do not allow for a rate that is larger in proportion (Ma,
        Bassily, Belkin, 2018).
    variant, reason : str
        Which variant `variant="auto"` takes, and why.
    passes, seconds : dict
        What each self-tuned variant is expected to take until its tolerance is met: passes over
        the rows, as a sample of them shows, and seconds on this machine, compiling left out.
        Trust them to a factor of about two.
    exact : str
        Whether an exact solver would be the better choice.
    sample_rows : int
        How many rows were drawn for the estimates.
    from_all_rows : bool
        True if condition, row bound and rates come from all rows and are exact. False for wide
        tables (more than 1024 columns, or too many rows for so many columns): then the condition is
        that of the sample, and the row bound the largest ||x||^2, so rates somewhat above those
        given may be stable, too.
    """

    n: int
    d: int
    condition: float
    condition_scaled: float
    row_bound: float
    largest_eigenvalue: float
    stable_rates: dict[str, float]
    critical_batch_size: float
    variant: str
    reason: str
    passes: dict[str, float]
    seconds: dict[str, float]
    exact: str
    sample_rows: int
    from_all_rows: bool

    def __str__(self) -> str:
        """Return the table."""
        lines = [
            f"{self.n:,} rows x {self.d:,} columns",
            f"  condition      {_shown(self.condition)} as they are, "
            f"{_shown(self.condition_scaled)} standardised",
        ]
        if self.stable_rates:
            lines.append(
                f"  row bound, L   {self.row_bound:.3g}, {self.largest_eigenvalue:.3g}; beyond "
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
        return "\n".join(
            [*lines, f"  exact          {self.exact}", f"  how sure       {self._how_sure}"]
        )

    @property
    def _how_sure(self) -> str:
        """Say what comes from all rows and what from a sample."""
        drawn = f"{self.sample_rows:,} rows drawn at random"
        if self.from_all_rows:
            known = "condition and rates are those of all rows"
        else:
            known = f"the condition is that of {drawn}, the rates come from a bound on all rows"
        return f"{known}; passes and seconds are estimates from {drawn}, right to a factor of 2"


def suggest(
    X: Any,
    y: Any,
    *,
    loss: Any = "squared_error",
    alpha: float = 0.0,
    l1_ratio: float = 0.0,
    fit_intercept: bool = True,
    sample_weight: Any = None,
    offset: Any = None,
    random_state: Any = None,
    n_threads: int | None = None,
) -> Suggestion:
    """Report which variant suits a table, which rates are stable and what fits would take.

    Reads all rows once, for the condition and the stable rates, and some of them several times, to
    see how long a pass takes.

    Parameters
    ----------
    X, y, loss, alpha, l1_ratio, fit_intercept, sample_weight, offset, random_state, n_threads
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
    objective = Objective(read, alpha * l1_ratio, alpha * (1 - l1_ratio), fit_intercept)
    threads = read_n_threads(n_threads)
    source = make_source(X, y, sample_weight, read.target, None, read, offset)
    refuse_non_finite(source.y, "y")
    seed = draw_seed(fix_random_state(random_state))
    with np.errstate(all="ignore"):
        return _suggestion(Pilot(source, threads, seed), objective)


def _suggestion(pilot: Pilot, objective: Objective) -> Suggestion:
    """Evaluate a sample and all rows, and compare the variants."""
    source, loss = pilot.source, objective.loss
    wants_hessian = loss.smooth and source.d <= MAX_PRECONDITIONED

    def evaluate_sample() -> Estimates:
        return estimate(pilot, objective, wants_hessian=wants_hessian, scaling="none")

    estimates = evaluate_sample()
    pilot_seconds = shortest(evaluate_sample)
    if has_moments(source):
        conditions, smooth = _of_all_rows(pilot, objective)
    else:
        conditions, smooth = _of_sample(pilot, objective, estimates)
    row_bound, largest = smooth.row_bound, smooth.largest_eigenvalue
    optimum = None if objective.has_l1 else estimates.optimum
    passes = {v: expected_passes(v, loss, source, optimum) for v in VARIANTS}
    pass_seconds = seconds_of_a_pass(source, loss, pilot.n_threads)
    seconds = {v: pilot_seconds + passes[v] * EPOCH_OVER_PASS[v] * pass_seconds for v in VARIANTS}
    variant, reason = best_variant(loss, objective.has_l1, source.n, source.d)
    return Suggestion(
        n=source.n,
        d=source.d,
        condition=conditions[0],
        condition_scaled=conditions[1],
        row_bound=row_bound,
        largest_eigenvalue=largest,
        stable_rates=_stable_rates(smooth),
        critical_batch_size=row_bound / largest + 1.0 if largest > 0 else math.nan,
        variant=variant,
        reason=reason,
        passes=passes,
        seconds=seconds,
        exact=_exact(objective, source.n, estimates.sample, pass_seconds, seconds[variant]),
        sample_rows=len(estimates.sample),
        from_all_rows=smooth.is_exact,
    )


def _of_all_rows(pilot: Pilot, objective: Objective) -> tuple[tuple[float, float], Smoothness]:
    """Return the two conditions and the smoothness of all rows."""
    moments = sum_moments(pilot.source, objective.fit_intercept, pilot.n_threads)
    if not moments.is_finite:
        pilot.source.check_finite()
        return (math.nan, math.nan), Smoothness(math.nan, math.nan, is_exact=True)
    penalty = objective.l2 / (objective.loss.curvature or 1.0)
    conditions = moments.condition(penalty), moments.condition_scaled(penalty)
    return conditions, smoothness_of(moments, objective)


def _of_sample(
    pilot: Pilot, objective: Objective, estimates: Estimates
) -> tuple[tuple[float, float], Smoothness]:
    """Return the conditions of the sample, and the smoothness that a bound on all rows gives."""
    source, loss = pilot.source, objective.loss
    rows, standard, is_all = estimates.sample, estimates.standard, len(estimates.sample) == source.n
    penalty = objective.l2 / (loss.curvature or 1.0) * np.ones(source.d)
    conditions = (
        _condition(rows, penalty, is_all),
        _condition(standard.rows(rows), penalty * np.square(standard.scale), is_all),
    )
    if loss.curvature is None:
        return conditions, Smoothness(math.nan, math.nan, is_exact=False)
    return conditions, smoothness(source, objective, pilot.n_threads)


def _condition(rows: Floats, l2: Floats, is_everything: bool) -> float:
    """Return the condition of X'X / m plus *l2*, from singular values; NaN if rows are too few."""
    penalty = np.append(l2, 0.0)
    varies = rows.any(axis=0)
    x = np.vstack([rows / math.sqrt(len(rows)), np.diag(np.sqrt(penalty))])[:, varies]
    if x.shape[1] == 0:
        return math.nan
    x = x[x.any(axis=1)]
    if len(x) < x.shape[1]:
        return math.inf if is_everything else math.nan
    values = np.linalg.svd(x, compute_uv=False)
    is_regular = values[-1] > 1e-8 * values[0]
    return float(np.square(values[0] / values[-1])) if is_regular else math.inf


def _stable_rates(smooth: Smoothness) -> dict[str, float]:
    row_bound, L = smooth.row_bound, smooth.largest_eigenvalue
    if not (math.isfinite(row_bound * L) and L > 0):
        return {}
    return {
        "batch": 2.0 / L,
        "stochastic": smooth.stable_rate(1),
        "minibatch": smooth.stable_rate(DEFAULT_BATCH_SIZE),
    }


def _shown(condition: float) -> str:
    return "unknown" if math.isnan(condition) else f"{condition:.3g}"


def _exact(objective: Objective, n: int, rows: Floats, pass_seconds: float, seconds: float) -> str:
    """Say whether an exact solver is the better choice."""
    if not objective.loss.quadratic or objective.has_l1:
        return "no exact solver in a fixed number of passes"
    solving = seconds_of_cholesky(rows, n, pass_seconds)
    faster = "faster" if solving < seconds else "slower"
    return (
        f"the normal equations (Cholesky) take about {solving:.2g} s, {faster} than this, if no "
        "columns are nearly collinear"
    )
