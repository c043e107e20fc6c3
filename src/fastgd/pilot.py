"""What a look at the data tells: the sharpest curvature, the size of rows, the stable rates."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastgd.curvature import Curvature, look
from fastgd.gram import Gram
from fastgd.losses import HalfSquare, Loss, SquaredError
from fastgd.optimizers import AdaGrad, Momentum, Nesterov, Optimizer
from fastgd.order import Rows
from fastgd.passes import FullPass
from fastgd.schedules import Constant, InverseScaling, Schedule
from fastgd.sources import Source
from fastgd.tables import take

POWER_ITERATIONS = 30
POWER_TOLERANCE = 0.01  # a rate of 1/L needs L within a factor of two
OTHER_DIRECTIONS = 0.1  # how much of them a power iteration starts with
SAMPLE_ROWS = 4096
SAMPLE_VALUES = 1 << 19  # of wide rows there are fewer, down to
CURVATURE_VALUES = 1 << 22
FEWEST_ROWS = 64
CRAWLING_RATIO = 30.0  # of the columns' root mean squares, or of a mean to its spread
ROUNDING = 1e-9  # a spread below this share of the mean is none
GUARD = 2.0  # a row may pull as if its squared norm were at most this many times the mean
ADAPTIVE_RATES = {"adagrad": 0.01, "rmsprop": 0.01, "adam": 0.001}  # PyTorch's defaults

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tuned:
    """A learning rate, what it was built on and what it cost."""

    schedule: Schedule
    guard: float
    passes: float
    reason: str
    caution: str = ""  # what the caller should be warned of
    units: Floats | None = None  # in which coefficients are stepped
    start: Floats | None = None  # coefficients and intercept to start from; None is zero
    curvature: Curvature | None = None  # by whose inverse steps are multiplied


def largest_eigenvalue(
    source: Source,
    rows: Floats,
    fit_intercept: bool,
    n_threads: int,
    seed: int,
    gram: Gram | None = None,
) -> tuple[float, float]:
    """Return the largest eigenvalue of X'X/n (a column of ones added) and the passes it took.

    Power iteration, which approaches the value from below; it starts in the direction that *rows*,
    a sample, point to, since from a random one it may rest on a smaller eigenvalue.
    """
    v = top_direction(rows, seed)
    v[-1] *= fit_intercept
    largest, passes = 0.0, 0
    with FullPass(source, HalfSquare(), n_threads, gradients=True) as full:
        while passes < POWER_ITERATIONS:
            passes += 1
            v /= _norm(v)
            v = gram.times(v) / source.n if gram else full.over_all(v.astype(source.dtype))[1]
            v[-1] *= fit_intercept
            before, largest = largest, _norm(v)
            if not largest > 0 or abs(largest - before) <= POWER_TOLERANCE * largest:
                break
    return largest, float(passes)


def top_direction(rows: Floats, seed: int) -> Floats:
    """Return the direction in which the rows are largest, and a little of every other one."""
    x = rows / (np.abs(rows).max() or 1.0)
    rest = np.random.default_rng(seed).standard_normal(x.shape[1])
    rest /= _norm(rest)
    v = rest
    for _ in range(POWER_ITERATIONS):
        # Not by way of a BLAS, whose bits depend on its threads; nor of x'x, which may be huge.
        longer = np.einsum("ij,i->j", x, np.einsum("ij,j->i", x, v))
        v = longer / (_norm(longer) or 1.0)
    return np.asarray(v + OTHER_DIRECTIONS * rest)


def _norm(v: Floats) -> float:
    """Return ||v||, whose square may be too large for a number, or too small."""
    size = float(np.abs(v).max())
    return size * math.sqrt(float(np.sum(np.square(v / size)))) if 0 < size < math.inf else size


def refuse_overflow(source: Source, size: float) -> None:
    """Refuse a table whose squares are too large for its type: no rate can be told from them."""
    if np.isfinite(source.dtype.type(size)):
        return
    source.check_finite()
    raise ValueError(
        f"X is too large: its squares overflow {source.dtype}, so no learning_rate can be chosen; "
        "scale the columns or give a learning_rate."
    )


def sample_rows(
    source: Source, fit_intercept: bool, seed: int, most_values: int = SAMPLE_VALUES
) -> tuple[Rows, Floats]:
    """Return which rows were drawn, up to 4096, and them, in float64, with a column of ones."""
    pool = np.flatnonzero(source.weights) if source.weighted else source.n
    count = source.n if isinstance(pool, int) else len(pool)
    size = min(SAMPLE_ROWS, count, max(FEWEST_ROWS, most_values // source.d))
    chosen = np.sort(np.random.default_rng(seed).choice(pool, size, replace=False))
    rows = np.full((size, source.d + 1), float(fit_intercept))
    rows[:, :-1] = take(source.table, chosen)
    if not np.isfinite(rows).all():
        source.check_finite()
    return chosen, rows


def mean_squared_norm(rows: Floats) -> float:
    """Return the mean of the rows' squared norms."""
    return float(np.mean(np.einsum("ij,ij->i", rows, rows)))


def sample_targets(source: Source) -> Floats:
    """Return some thousand targets, in float64."""
    return np.asarray(source.y[:: max(1, source.n // SAMPLE_ROWS)], dtype=np.float64)


def spread_of(source: Source) -> float:
    """Return the mean distance of the targets from their median, 1 where there is none."""
    y = sample_targets(source)
    return float(np.mean(np.abs(y - np.median(y)))) or 1.0


def best_constant(source: Source, loss: Loss) -> Floats | None:
    """Return coefficients that predict the middle of y, or the intercept would have far to go."""
    if loss.target == "binary" or not loss.built_in:  # a user's z may be something else than y
        return None
    y = sample_targets(source)
    centre = np.mean(y) if isinstance(loss, SquaredError) else np.median(y)
    return np.append(np.zeros(source.d), centre if np.isfinite(centre) else 0.0)


def units_of(rows: Floats) -> Floats:
    """Return 1 / root mean square of each column; of a column of zeros, the least of the others."""
    sizes = np.sqrt(np.mean(rows * rows, axis=0))
    sizes[sizes == 0] = sizes.max() or 1.0
    return np.asarray(1.0 / sizes)


def caution_of(rows: Floats) -> str:
    """Return a sentence where columns differ so much that descent crawls, else "".

    The last column belongs to the intercept.
    """
    sizes = np.sqrt(np.mean(rows * rows, axis=0))
    smallest = np.min(sizes[:-1], where=sizes[:-1] > 0, initial=np.inf)
    means, spreads = np.abs(rows.mean(axis=0)), rows.std(axis=0)
    varies = spreads > ROUNDING * means
    ratio = sizes.max() / smallest
    shift = np.max(means[varies] / spreads[varies], initial=0.0) if rows[0, -1] else 0.0
    if not max(ratio, shift) > CRAWLING_RATIO:
        return ""
    what = (
        f"differ in size by a factor of {ratio:.0e} (the intercept's has size 1)"
        if ratio >= shift
        else f"have means up to {shift:.0e} times their spread"
    )
    return (
        f"the columns of X {what}, so that descent crawls and may meet its tolerance far from the "
        "optimum; scale the columns first, as (X - X.mean(axis=0)) / X.std(axis=0) does."
    )


def tune(
    source: Source,
    variant: str,
    loss: Loss,
    optimizer: Optimizer,
    l2: float,
    fit_intercept: bool,
    n_threads: int,
    seed: int,
    gram: Gram | None,
) -> Tuned:
    """Choose the simplest rate that is safe."""
    if optimizer.adaptive and not (loss.curvature is None and isinstance(optimizer, AdaGrad)):
        rate = ADAPTIVE_RATES[optimizer.name]
        return Tuned(Constant(rate), math.inf, 0.0, f"{rate:g}, the usual one of its kind")
    _, rows = sample_rows(source, fit_intercept, seed)
    if loss.curvature is None:
        return tune_without_curvature(source, variant, loss, optimizer, rows)
    caution = caution_of(rows)
    start = best_constant(source, loss)
    passes = len(rows) / source.n
    if variant == "batch":
        eigenvalue, more = largest_eigenvalue(source, rows, fit_intercept, n_threads, seed, gram)
        refuse_overflow(source, eigenvalue)
        rate = 1.0 / max(loss.curvature * eigenvalue + l2, np.finfo(np.float64).tiny)
        reason = "1 / L, L the largest curvature of the objective, from a power iteration"
        passes += more
        return Tuned(Constant(_finite(rate)), math.inf, passes, reason, caution, start=start)
    guard = GUARD * mean_squared_norm(rows) * source.weight_spread
    refuse_overflow(source, guard)
    guard = guard if guard > 0 else 1.0
    rate = _damped(1.0 / (loss.curvature * guard + l2), optimizer)
    reason = "1 / (2 E||x||^2 times the loss's curvature); no row pulls harder than that allows"
    return Tuned(Constant(_finite(rate)), guard, passes, reason, caution, start=start)


def tune_preconditioned(
    source: Source, loss: Loss, l2: float, fit_intercept: bool, batch_size: int, seed: int
) -> Tuned | None:
    """Choose a rate for steps multiplied by the inverse of the curvature; None where it fails.

    With R^2 that of rows in its coordinates, batches of b rows stand rates below about
    2b / (R^2 + b) (Ma, Bassily, Belkin, 2018); a quarter of that leaves the mean of the iterates,
    which is what counts, as close, and less of what a loss that is not quadratic adds to it.
    """
    chosen, rows = sample_rows(source, fit_intercept, seed, CURVATURE_VALUES)
    refuse_overflow(source, mean_squared_norm(rows))
    try:
        curvature = look(source, loss, l2, fit_intercept, chosen, rows)
    except np.linalg.LinAlgError:
        return None
    bound = loss.curvature or 0.0
    sharpest = bound / curvature.of_intercept
    rate = 0.5 * batch_size / (curvature.leverage + batch_size * sharpest)
    return Tuned(
        schedule=Constant(_finite(rate)),
        guard=batch_size / (rate * bound * curvature.reach),
        passes=len(rows) / source.n,
        reason="b / (2 (R^2 + b)) of steps multiplied by the inverse of the curvature of a sample",
        start=curvature.start,
        curvature=curvature,
    )


def tune_without_curvature(
    source: Source, variant: str, loss: Loss, optimizer: Optimizer, rows: Floats
) -> Tuned:
    """Choose a rate for a loss whose slope may jump: no rate is small enough to settle at one.

    Steps must shrink, so AdaGrad's are taken, or eta0 / sqrt(t), each column in units of its root
    mean square; the iterates are averaged (Duchi, Hazan, Singer 2011, section 1.1; Ross, Mineiro,
    Langford, "Normalized online learning", 2013).
    """
    refuse_overflow(source, mean_squared_norm(rows))
    passes = len(rows) / source.n
    if loss.target == "binary":
        eta0, reason = 0.5, "0.5, half the margin wanted"
    else:
        eta0 = spread_of(source)
        reason = "mean distance of y from its median"
    schedule: Schedule = Constant(_finite(eta0))
    if not isinstance(optimizer, AdaGrad):
        # The largest subgradients have a norm of sqrt(d + 1) in units, their mean over all rows 1.
        steepest = 1.0 if variant == "batch" else math.sqrt(source.d + 1)
        schedule = InverseScaling(_finite(_damped(eta0 / steepest, optimizer)), power_t=0.5)
        reason += " over the slope's size, falling as 1 / sqrt(t)"
    units = units_of(rows[:, :-1])
    start = best_constant(source, loss)
    return Tuned(schedule, math.inf, passes, f"{reason}; columns scaled", "", units, start)


def largest_stable_rate(
    source: Source,
    variant: str,
    batch_size: int,
    loss: Loss,
    optimizer: Optimizer,
    l2: float,
    fit_intercept: bool,
    n_threads: int,
) -> float | None:
    """Return the largest learning rate theory calls stable, where it has one.

    batch 2/L, with momentum 2(1 + mu)/L, Nesterov's 2(1 + mu)/((1 + 2 mu)L); a batch of b rows
    2b/(R^2 + (b - 1)L), R^2 the smallest number with E[||x||^2 x x'] <= R^2 E[x x'].
    """
    has_memory = isinstance(optimizer, Momentum)
    if loss.curvature is None or optimizer.adaptive or (has_memory and variant != "batch"):
        return None
    c = loss.curvature
    _, rows = sample_rows(source, fit_intercept, seed=0)
    if variant == "batch":
        L = c * largest_eigenvalue(source, rows, fit_intercept, n_threads, seed=0)[0] + l2
        mu = optimizer.mu if isinstance(optimizer, Momentum) else 0.0
        damping = 1 + 2 * mu if isinstance(optimizer, Nesterov) else 1.0
        rate = 2 * (1 + mu) / (damping * L) if L > 0 else math.inf
    else:
        if len(rows) < min(source.n, source.d):
            return None  # so few of so wide rows tell nothing
        r_squared, L = _moments(rows)
        b = batch_size
        bound = c * (r_squared + (b - 1) * L) + b * l2
        rate = 2 * b / bound if bound > 0 else math.inf
    return rate if math.isfinite(rate) and rate > 0 else None


def _moments(rows: Floats) -> tuple[float, float]:
    """Return R^2 in the order of operators, and the largest eigenvalue, of a sample's rows."""
    scale = float(np.abs(rows).max()) or 1.0
    x = rows / scale
    squared_norms = np.einsum("ij,ij->i", x, x)
    eigenvalues, basis = np.linalg.eigh(x.T @ x / len(x))
    kept = eigenvalues > 1e-10 * eigenvalues[-1]
    if not kept.any():
        return 0.0, 0.0
    white = x @ (basis[:, kept] / np.sqrt(eigenvalues[kept]))
    fourth = (white * squared_norms[:, None]).T @ white / len(x)
    r_squared, L = np.linalg.eigvalsh(fourth)[-1], eigenvalues[-1]
    return float(r_squared * np.square(scale)), float(L * np.square(scale))


def _damped(rate: float, optimizer: Optimizer) -> float:
    return rate * (1.0 - optimizer.mu) if isinstance(optimizer, Momentum) else rate


def _finite(rate: float) -> float:
    return min(max(rate, np.finfo(np.float64).tiny), np.finfo(np.float64).max)
