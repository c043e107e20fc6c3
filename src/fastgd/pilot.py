"""What a look at the data tells: the sharpest curvature, the size of rows, the stable rates."""

import contextlib
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastgd.coordinates import Coordinates, identity, standardise
from fastgd.curvature import Curvature, look
from fastgd.gram import Gram
from fastgd.losses import HalfSquare, Loss, SquaredError
from fastgd.optimizers import AdaGrad, Momentum, Nesterov, Optimizer
from fastgd.order import Rows
from fastgd.passes import FullPass
from fastgd.schedules import Constant, InverseScaling, InverseTimeDecay, Schedule
from fastgd.sources import Source
from fastgd.tables import take

POWER_ITERATIONS = 30
POWER_TOLERANCE = 0.01  # a rate of 1/L needs L within a factor of two
OTHER_DIRECTIONS = 0.1  # how much of them a power iteration starts with
SAMPLE_ROWS = 4096
SAMPLE_VALUES = 1 << 19  # of wide rows there are fewer, down to
CURVATURE_VALUES = 1 << 22
FEWEST_ROWS = 64
TIME_CONSTANTS = 2.0  # of the curvature's typical direction, before rates fall
EPOCHS_AT_FIRST_RATE = 0.1  # the same, where that is not known
EPOCHS_FOR_THE_SLOWEST = 0.06  # at most
ADAPTIVE_RATES = {"adagrad": 0.01, "rmsprop": 0.01, "adam": 0.001}  # PyTorch's defaults

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tuned:
    """A learning rate, what it was built on and what it cost."""

    schedule: Schedule
    guard: float  # bound that a step's rate times a row's squared norm is held to
    passes: float
    reason: str
    start: Floats | None = None  # coefficients and intercept to start from; None is zero


def largest_eigenvalue(
    source: Source,
    rows: Floats,
    fit_intercept: bool,
    n_threads: int,
    seed: int,
    gram: Gram | None = None,
    coordinates: Coordinates | None = None,
) -> tuple[float, float]:
    """Return the largest eigenvalue of X'X/n (a column of ones added) and the passes it took.

    Power iteration, which approaches the value from below; it starts in the direction that *rows*,
    a sample, point to, since from a random one it may rest on a smaller eigenvalue. In
    *coordinates*, those of the rows, too, X is what it is there.
    """
    v = top_direction(rows, seed)
    v[-1] *= fit_intercept
    largest, passes = 0.0, 0
    with FullPass(source, HalfSquare(), n_threads, gradients=True) as full:
        while passes < POWER_ITERATIONS:
            passes += 1
            v /= _norm(v)
            v = v if coordinates is None else coordinates.leave(v)
            v = gram.times(v) / source.n if gram else full.over_all(v.astype(source.dtype))[1]
            v = v if coordinates is None else coordinates.gradient(v)
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


@dataclass(frozen=True)
class Look:
    """What a sample of rows shows."""

    rows: Floats  # in the coordinates, a column of ones added (of zeros without an intercept)
    coordinates: Coordinates  # in which steps are taken, where they are not preconditioned
    curvature: Curvature | None
    passes: float


def look_at(
    source: Source,
    loss: Loss,
    l2: float,
    fit_intercept: bool,
    seed: int,
    *,
    wants_curvature: bool,
    scaling: str = "standardize",
) -> Look:
    """Look at a sample of rows; leave the curvature out where it is not wanted, or no number.

    The *scaling* of the coordinates is "standardize", "diagonal" (by the diagonal of the curvature
    alone) or "none".
    """
    most_values = CURVATURE_VALUES if wants_curvature else SAMPLE_VALUES
    chosen, rows = sample_rows(source, fit_intercept, seed, most_values)
    refuse_overflow(source, mean_squared_norm(rows))
    coordinates, unseen = standardise(source, rows[:, :-1], fit_intercept)
    curvature = None
    if wants_curvature:
        with contextlib.suppress(np.linalg.LinAlgError):
            curvature = look(source, loss, l2, chosen, rows, coordinates, unseen)
    if scaling == "none":
        coordinates = identity(source.d)
    elif scaling == "diagonal":
        coordinates = standardise(source, rows[:, :-1], False)[0]
    if scaling != "none":
        coordinates = coordinates.damped(l2 / (loss.curvature or 1.0))
    rows[:, :-1] = rows[:, :-1] * coordinates.units + coordinates.shift
    return Look(rows, coordinates, curvature, len(rows) / source.n)


def tune(
    source: Source,
    variant: str,
    loss: Loss,
    optimizer: Optimizer,
    l2: float,
    fit_intercept: bool,
    n_threads: int,
    seed: int,
    seen: Look,
    gram: Gram | None,
    batch_size: int,
) -> Tuned:
    """Choose the simplest rate that is safe, of steps in coordinates where columns count alike."""
    start = best_constant(source, loss) if seen.curvature is None else seen.curvature.start
    if loss.curvature is None and (not optimizer.adaptive or isinstance(optimizer, AdaGrad)):
        schedule, reason = _schedule_without_curvature(source, variant, loss, optimizer)
        return Tuned(schedule, math.inf, seen.passes, reason, start)
    if optimizer.adaptive:
        size = 1.0 if loss.target == "binary" else spread_of(source)
        rate = _finite(ADAPTIVE_RATES[optimizer.name] * size)
        reason = f"{ADAPTIVE_RATES[optimizer.name]:g}, the usual one of its kind, in units of y"
        return Tuned(Constant(rate), math.inf, seen.passes, reason, start)
    units = seen.coordinates.units
    sharpest = l2 * float(np.max(units * units, initial=0.0))
    curvature = loss.curvature or 0.0
    if seen.curvature is not None and variant != "batch":
        curvature = seen.curvature.sharpest
    if variant == "batch":
        here = seen.coordinates
        eigenvalue, passes = largest_eigenvalue(
            source, seen.rows, fit_intercept, n_threads, seed, gram, here
        )
        rate = 1.0 / max(curvature * eigenvalue + sharpest, np.finfo(np.float64).tiny)
        reason = "1 / L, L the largest curvature of the objective, from a power iteration"
        return Tuned(Constant(_finite(rate)), math.inf, seen.passes + passes, reason, start)
    size = mean_squared_norm(seen.rows) * source.weight_spread or 1.0
    if batch_size > 1:
        size += (batch_size - 1) * _largest_of(seen.rows, seed)
    rate = _finite(0.5 * batch_size / (curvature * size + batch_size * sharpest))
    decay_steps = _decay_steps(rate, source.n / batch_size, seen.curvature)
    schedule = InverseTimeDecay(_damped(rate, optimizer), decay_steps, power_t=1.0)
    reason = (
        "b / (2 (R^2 + (b - 1) L)) of b rows together, falling as 1 / t once columns have settled; "
        "no row pulls harder than that allows"
    )
    return Tuned(schedule, batch_size / curvature, seen.passes, reason, start)


def _decay_steps(rate: float, epoch: float, curvature: Curvature | None) -> float:
    """Return after how many steps, of so many an epoch, a rate may begin to fall.

    Sooner, and directions along which the objective curves less stay where they are; later, and
    what a loss that is not quadratic adds to the mean of the iterates stays in it.
    """
    if curvature is None:
        return max(1.0, EPOCHS_AT_FIRST_RATE * epoch)
    settled = TIME_CONSTANTS / (rate * curvature.typical)
    slowest = min(1.0 / (rate * curvature.slowest), EPOCHS_FOR_THE_SLOWEST * epoch)
    return max(1.0, settled, slowest)


def _largest_of(rows: Floats, seed: int) -> float:
    """Return about the largest eigenvalue of rows'rows / m."""
    v = top_direction(rows, seed)
    along = np.einsum("ij,j->i", rows, v / (_norm(v) or 1.0))
    return float(np.mean(np.square(along)))


def tune_preconditioned(variant: str, batch_size: int, settling_rate: float, seen: Look) -> Tuned:
    """Choose a rate for steps multiplied by the inverse of the curvature.

    With R^2 that of rows in its coordinates, batches of b rows stand rates below about
    2b / (R^2 + b) (Ma, Bassily, Belkin, 2018); a quarter of that leaves the mean of the iterates,
    which is what counts, as close, and less of what a loss that is not quadratic adds to it.
    """
    curvature = seen.curvature
    assert curvature is not None
    if variant == "batch":
        reason = (
            "at first, of steps multiplied by the inverse of the curvature of a sample; then as "
            "the change of the gradient tells (Barzilai, Borwein, 1988)"
        )
        return Tuned(Constant(settling_rate), math.inf, seen.passes, reason, curvature.start)
    rate = _finite(0.5 * batch_size / (curvature.leverage + batch_size))
    guard = batch_size / (curvature.sharpest * curvature.reach)
    reason = "b / (2 (R^2 + b)) of steps multiplied by the inverse of the curvature of a sample"
    return Tuned(Constant(rate), guard, seen.passes, reason, curvature.start)


def _schedule_without_curvature(
    source: Source, variant: str, loss: Loss, optimizer: Optimizer
) -> tuple[Schedule, str]:
    """Choose rates for a loss whose slope may jump: no rate is small enough to settle at one.

    Steps must shrink, so AdaGrad's are taken, or eta0 / sqrt(t); the iterates are averaged (Duchi,
    Hazan, Singer 2011, section 1.1; Ross, Mineiro, Langford, "Normalized online learning", 2013).
    """
    if loss.target == "binary":
        eta0, reason = 0.5, "0.5, half the margin wanted"
    else:
        eta0, reason = spread_of(source), "mean distance of y from its median"
    if isinstance(optimizer, AdaGrad):
        return Constant(_finite(eta0)), reason
    # The largest subgradients have a norm of sqrt(d + 1), their mean over all rows 1.
    steepest = 1.0 if variant == "batch" else math.sqrt(source.d + 1)
    schedule = InverseScaling(_finite(_damped(eta0 / steepest, optimizer)), power_t=0.5)
    return schedule, f"{reason} over the slope's size, falling as 1 / sqrt(t)"


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
        r_squared, L = moments(rows)
        b = batch_size
        bound = c * (r_squared + (b - 1) * L) + b * l2
        rate = 2 * b / bound if bound > 0 else math.inf
    return rate if math.isfinite(rate) and rate > 0 else None


def moments(rows: Floats) -> tuple[float, float]:
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
