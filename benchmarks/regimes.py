"""Does a fit that nobody tuned stand whatever tables come? Every regime, every variant, one table.

    python -m benchmarks.regimes [--quick] [--variant minibatch] [--loss log_loss]

Each cell makes a table, fits it with no setting but the variant, the loss and a number of epochs,
and prints how far above the optimum the objective ended, in statistical errors: below one,
optimising further is noise. The optimum is Newton's method on standardised columns, in float64.
"""

import argparse
import itertools
import time
import warnings
from typing import NamedTuple

import numpy as np

import fastgd

SPREAD_OF_SHIFT = 300.0
ROUNDING = 1e-15
VISIBLE = 1e-7  # of a statistical error; what is told of less is rounding
HARDEST_SCALES = 5.0  # powers of ten


def plain(rng, n, d):
    """Independent normal columns."""
    return rng.standard_normal((n, d))


def autoregressive(rng, n, d):
    """Neighbouring columns correlated by 0.97."""
    X = rng.standard_normal((n, d))
    for j in range(1, d):
        X[:, j] = 0.97 * X[:, j - 1] + np.sqrt(1 - 0.97**2) * X[:, j]
    return X


def scales(rng, n, d):
    """Columns of sizes from 1e-5 to 1e5."""
    return plain(rng, n, d) * 10.0 ** np.linspace(-HARDEST_SCALES, HARDEST_SCALES, d)


def shifted(rng, n, d):
    """Means of 300 spreads."""
    return plain(rng, n, d) + SPREAD_OF_SHIFT


def heavy(rng, n, d):
    """Student's t with three degrees of freedom: no fourth moment."""
    return rng.standard_t(3, (n, d))


def lognormal(rng, n, d):
    """exp of a normal number: skew."""
    return np.exp(plain(rng, n, d))


def one_hot(rng, n, d):
    """Half of the columns show which of many levels a row has, the rarest in 30 rows."""
    X = plain(rng, n, d)
    if d == 1:
        return (np.argsort(X, axis=0) < 30).astype(float)
    levels = d - d // 2
    shares = np.maximum(1.0 / np.arange(1, levels + 1), 60.0 * levels / n)
    X[:, d // 2 :] = 0.0
    X[np.arange(n), d // 2 + rng.choice(levels, n, p=shares / shares.sum())] = 1.0
    return X


def duplicated(rng, n, d):
    """One column twice, one constant."""
    X = plain(rng, n, d)
    if d > 3:
        X[:, -1], X[:, -2] = X[:, 0], 7.0
    return X


TABLES = {
    "plain": plain,
    "AR(0.97)": autoregressive,
    "scales 1e-5..1e5": scales,
    "means of 300 sd": shifted,
    "t(3)": heavy,
    "lognormal": lognormal,
    "rare one-hot": one_hot,
    "sorted by y": plain,
    "duplicate, constant": duplicated,
    "misspecified": plain,
}


def make(regime, n, d, loss="squared_error", dtype="float64", seed=0):
    """Return a table of this regime and its targets, -1 and +1 for `log_loss`."""
    rng = np.random.default_rng(seed)
    X = TABLES[regime](rng, n, d)
    spread = X.std(axis=0)
    Z = (X - X.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0)
    z = Z @ rng.standard_normal(d)
    z /= z.std()
    noise = rng.standard_normal(n)
    if regime == "misspecified":
        z, noise = z + 0.5 * z * z, (0.3 + np.abs(z)) * noise
    y = z + noise + 3.0
    if loss == "log_loss":
        y = np.where(1.5 * z + rng.logistic(size=n) > 0, 1.0, -1.0)
    if regime == "sorted by y":
        order = np.argsort(y, kind="stable")
        X, y = X[order], y[order]
    return np.ascontiguousarray(X, dtype), y.astype(dtype)


class Optimum(NamedTuple):
    """Where a fit can get at best."""

    objective: float
    at_zero: float
    statistical_error: float


def objective(X, y, coef, intercept, loss):
    """Return the mean loss, in float64."""
    z = X.astype(np.float64) @ np.asarray(coef, np.float64) + intercept
    return float(np.mean(meet(z, y.astype(np.float64), loss)[0]))


def meet(z, y, loss):
    """Return losses, slopes and curvatures of predictions."""
    if loss == "log_loss":
        m = y * z
        p = 1.0 / (1.0 + np.exp(np.clip(m, -700, 700)))
        return np.logaddexp(0.0, -m), -y * p, p * (1.0 - p)
    r = z - y
    if loss == "huber":
        far = np.abs(r) > 1.35
        values = np.where(far, 1.35 * (np.abs(r) - 0.675), 0.5 * r * r)
        return values, np.clip(r, -1.35, 1.35), np.where(far, 0.0, 1.0)
    return 0.5 * r * r, r, np.ones_like(r)


def optimum(X, y, loss, steps=60):
    """Return the least objective, and tr(H^+ C) / 2n there."""
    n = len(y)
    X, y = X.astype(np.float64), y.astype(np.float64)
    spread = X.std(axis=0)
    Z = (X - X.mean(axis=0)) / np.where(spread > 1e-9 * np.abs(X).max(axis=0), spread, np.inf)
    A = np.column_stack([Z, np.ones(n)])
    w = np.zeros(A.shape[1])
    values, slopes, curvatures = meet(A @ w, y, loss)
    at_zero = float(np.mean(values))
    for _ in range(steps):
        g = A.T @ slopes / n
        H = (A.T * np.maximum(curvatures, 1e-3)) @ A / n
        step = np.linalg.lstsq(H, g, rcond=1e-13)[0]
        length, before = 1.0, np.mean(values)
        while np.mean(meet(A @ (w - length * step), y, loss)[0]) > before and length > 1e-6:
            length /= 2
        w = w - length * step
        values, slopes, curvatures = meet(A @ w, y, loss)
        if 0.5 * g @ step < 1e-15 * at_zero:
            break
    H = (A.T * curvatures) @ A / n
    C = (A.T * slopes**2) @ A / n
    error = float(np.trace(np.linalg.pinv(H, rcond=1e-11, hermitian=True) @ C) / (2 * n))
    return Optimum(float(np.mean(values)), at_zero, error)


class Cell(NamedTuple):
    """One fit, looked at from outside."""

    epochs: int
    excess: float  # in statistical errors
    relative: float  # of the fall from coefficients of zero
    seconds: float
    warned: bool
    told: float  # the suboptimality that the result tells, over what it is


def measure(X, y, best, variant, loss, **settings):
    """Fit, and tell how far above the optimum it ended."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.perf_counter()
        result = fastgd.fit(X, y, variant, loss=loss, random_state=0, **settings)
        seconds = time.perf_counter() - start - result.compile_seconds
    excess = objective(X, y, result.coef_, result.intercept_, loss) - best.objective
    return Cell(
        result.n_iter_,
        excess / best.statistical_error,
        excess / (best.at_zero - best.objective),
        seconds,
        bool(caught),
        result.suboptimality / max(excess, ROUNDING * best.at_zero),
    )


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="d = 1 and 10 only")
    parser.add_argument("--variant", nargs="*", default=["minibatch", "batch", "stochastic"])
    parser.add_argument("--loss", nargs="*", default=["squared_error", "huber", "log_loss"])
    parser.add_argument("--dtype", nargs="*", default=["float64", "float32"])
    parser.add_argument("--d", nargs="*", type=int, default=None)
    asked = parser.parse_args()
    widths = asked.d or ([1, 10] if asked.quick else [1, 10, 100, 1000])
    print(
        "Excess over the optimum in statistical errors after 1, 2 and 10 epochs; then the default"
    )
    print("fit: its epochs, excess, excess over the fall from zero, seconds (! = it warned)\n")
    head = "| variant | loss | type | d | regime | 1 | 2 | 10 | epochs | excess | relative | s |"
    print(head + "\n" + "|---" * head.count(" | ") + "|---|")
    told = []
    for d, loss, regime in itertools.product(widths, asked.loss, TABLES):
        n = max(40_000, 40 * d)
        for dtype in asked.dtype:
            X, y = make(regime, n, d, loss, dtype)
            best = optimum(X, y, loss)
            for variant in asked.variant:
                some = [
                    measure(X, y, best, variant, loss, max_iter=k, tol=None) for k in (1, 2, 10)
                ]
                own = measure(X, y, best, variant, loss)
                figures = " | ".join(f"{cell.excess:.3f}" for cell in some)
                mark = "!" if own.warned else ""
                what = f"| {variant} | {loss} | {dtype} | {d} | {regime} | {figures}"
                ended = f"{own.excess:.3f} | {own.relative:.0e} | {own.seconds:.3f} |"
                print(f"{what} | {own.epochs}{mark} | {ended}", flush=True)
                told += [cell.told for cell in (*some, own) if cell.excess > VISIBLE]
    print(
        f"\nresult.suboptimality was an upper bound in {np.mean(np.array(told) >= 1):.1%} of "
        f"{len(told)} fits, at most {max(told):.1f} times too large, in the median "
        f"{np.median(told):.2f} times."
    )


if __name__ == "__main__":
    main()
