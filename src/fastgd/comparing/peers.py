"""Peers: what others would use for the same objective, run at their best known settings.

A peer is a generator function of a `Problem` and a seed. It yields ``(passes, point)`` whenever it
may be looked at: first the start, before which it may import and compile, then as often as it can.
`passes` are row gradients per row so far, NaN where the method has no such count; `point` is a
float64 array (d + 1,), the intercept last. A peer says in `serves` which losses it can minimise.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from fastgd.base.types import Array, Floats
from fastgd.base.validation import did_you_mean, show
from fastgd.comparing.problem import Problem
from fastgd.comparing.trace import Peer, Point

EPOCHS = 50  # that a peer makes at most

SKLEARN = {"module": "sklearn", "package": "scikit-learn"}
SGD_LOSSES = ("squared_error", "huber", "log_loss", "hinge", "squared_hinge", "modified_huber")


class Known(NamedTuple):
    """A row of the table of peers."""

    run: Peer
    losses: tuple[str, ...]
    module: str  # that it imports, and what to hand to pip where that is missing
    package: str

    @property
    def installed(self) -> bool:
        """Whether it can run here."""
        return find_spec(self.module) is not None


PEERS: dict[str, Known] = {}


def serves(
    name: str, *losses: str, module: str = "numpy", package: str = "numpy"
) -> Callable[[Peer], Peer]:
    """Enter a peer under *name*, for these losses."""

    def enter(peer: Peer) -> Peer:
        PEERS[name] = Known(peer, losses, module, package)
        return peer

    return enter


def read_peers(peers: Any, problem: Problem) -> dict[str, Peer]:
    """Return the peers by name; refuse one that does not know this objective."""
    if isinstance(peers, str) or not isinstance(peers, Iterable):
        raise TypeError(f"peers must be a list of names or functions; got {show(peers)}.")
    read: dict[str, Peer] = {}
    for peer in peers:
        name = getattr(peer, "__name__", "peer") if callable(peer) else peer
        if isinstance(name, str) and name in read:
            raise ValueError(f"two peers are called {name!r}; give one of them another __name__.")
        if callable(peer):
            read[name] = peer
            continue
        if not (isinstance(peer, str) and peer in PEERS):
            raise ValueError(
                f"a peer must be one of {[*PEERS]} or a function; got {show(peer)}."
                f"{did_you_mean(peer, PEERS) if isinstance(peer, str) else ''}"
            )
        known = PEERS[peer]
        if problem.loss.name not in known.losses or problem.l1 > 0:
            what = "an L1 penalty" if problem.l1 > 0 else f"loss={problem.loss.name!r}"
            raise ValueError(f"the peer {peer!r} cannot serve {what}; it serves {[*known.losses]}.")
        if not known.installed:
            raise ImportError(
                f"the peer {peer!r} needs {known.package}: run `pip install {known.package}`."
            )
        read[peer] = known.run
    return read


def start(problem: Problem) -> Floats:
    """Return coefficients of zero."""
    return np.zeros(problem.d + 1)


def with_ones(problem: Problem) -> Array:
    """Return the table with a column of ones, if an intercept is wanted."""
    X = problem.table
    return np.column_stack([X, np.ones(problem.n, X.dtype)]) if problem.fit_intercept else X


def pad(problem: Problem, w: Array) -> Floats:
    """Return coefficients of `with_ones` as a point."""
    point: Floats = np.append(np.asarray(w, np.float64), [0.0] * (not problem.fit_intercept))
    return point


def squared_lengths(problem: Problem) -> Floats:
    """Return each row's ||x||², the one for the intercept included."""
    X = problem.table
    lengths: Floats = 1.0 + np.einsum("ij,ij->i", X, X, dtype=np.float64)
    return lengths


def stable_rate(problem: Problem, size: int) -> float:
    """Return a rate at which the second moments of steps of *size* rows do not grow.

    2 m / (max ||x||² + (m - 1) L) for m rows a step, with L from a sample
    (Jain et al., "Parallelizing stochastic gradient descent for least squares regression", 2018,
    section 2). The mean of ||x||² in place of the largest diverges where columns are rare.
    """
    sample = problem.table[:: max(1, problem.n // 4096)].astype(np.float64)
    L = 1 + float(np.linalg.eigvalsh(sample.T @ sample / len(sample))[-1])
    curvature = (problem.loss.curvature or 1.0) * float(problem.weights.max())
    return 2 * size / (float(squared_lengths(problem).max()) + (size - 1) * L) / curvature


class TailAverage:
    """The average of a run's points since its number of epochs last grew *growth* times.

    Constant rates with such averages forget the start and average the noise (the same, section 3).
    """

    def __init__(self, growth: float) -> None:
        self.growth, self.anew = growth, 1

    def after(self, epoch: int, total: Floats, count: int) -> Floats:
        """Add an epoch's *count* points, given their sum, and return the average."""
        if epoch >= self.anew:
            self.anew = max(epoch + 1, math.ceil(self.growth * epoch))
            self.total, self.count = np.zeros_like(total), 0
        self.total, self.count = self.total + total, self.count + count
        return self.total / self.count


@serves("numpy-batch", "squared_error")
def numpy_batch(problem: Problem, seed: int) -> Iterator[Point]:
    """NumPy: accelerated full gradients, X'(Xw - y), at 1/L with restarts."""
    w = start(problem)
    yield 0.0, w
    X, y, s, n = problem.table, problem.source.y, problem.weights, problem.n
    has_intercept, passes = problem.fit_intercept, 0.0
    v = np.full(problem.d + 1, 1.0)
    v[-1] *= has_intercept
    L = 1.0
    for _ in range(20):  # power iteration
        z = s * (X @ v[:-1] + v[-1])
        g = np.append(X.T @ z, has_intercept * z.sum()) / n
        L, v = float(np.linalg.norm(g)), g / np.linalg.norm(g)
        passes += 1
    L = 1.02 * L + problem.l2
    ahead, theta = w.copy(), 1.0
    for _ in range(10_000):
        r = s * (X @ ahead[:-1] + ahead[-1] - y)
        g = np.append(X.T @ r / n + problem.l2 * ahead[:-1], has_intercept * r.mean())
        following = ahead - g / L
        theta = 1.0 if g @ (following - w) > 0 else theta
        coming = (1 + math.sqrt(1 + 4 * theta**2)) / 2
        ahead = following + (theta - 1) / coming * (following - w)
        w, theta, passes = following, coming, passes + 1
        yield passes, w


@serves("numpy-minibatch", "squared_error")
def numpy_minibatch(
    problem: Problem, seed: int, size: int = 256, rate: float = 0.9, growth: float = 1.5
) -> Iterator[Point]:
    """NumPy: mini-batches of 256 shuffled rows at 0.9 of the stable rate, averaged tails."""
    w = start(problem)
    yield 0.0, w
    X, y, s = problem.table, problem.source.y, problem.weights
    rng, tail = np.random.default_rng(seed), TailAverage(growth)
    size = min(size, problem.n)
    rate *= stable_rate(problem, size)
    for epoch in range(1, 1 + EPOCHS):
        order, total = rng.permutation(problem.n), np.zeros_like(w)
        firsts = range(0, problem.n, size)
        for first in firsts:
            rows = order[first : first + size]
            x = X[rows]
            r = s[rows] * (x @ w[:-1] + w[-1] - y[rows])
            w[:-1] -= rate * (r @ x / len(rows) + problem.l2 * w[:-1])
            w[-1] -= rate * problem.fit_intercept * r.mean()
            total += w
        yield epoch, tail.after(epoch, total, len(firsts))


@serves("lstsq", "squared_error")
def lstsq(problem: Problem, seed: int) -> Iterator[Point]:
    """numpy.linalg.lstsq: LAPACK's singular value decomposition."""
    yield math.nan, start(problem)
    root = np.sqrt(problem.weights)[:, None]
    A = np.asarray(with_ones(problem) * root, np.float64)
    y = problem.y64 * root[:, 0]
    if problem.l2:
        ridge = math.sqrt(problem.l2 * problem.n) * np.eye(problem.d, A.shape[1])
        A, y = np.vstack([A, ridge]), np.append(y, np.zeros(problem.d))
    yield math.nan, pad(problem, np.linalg.lstsq(A, y, rcond=None)[0])


@serves("cholesky", "squared_error")
def cholesky(problem: Problem, seed: int) -> Iterator[Point]:
    """Normal equations about the means, X'X by BLAS, solved by Cholesky's factor."""
    yield math.nan, start(problem)
    X, y, s = problem.table, problem.y64, problem.weights
    mean = s @ X / problem.n * problem.fit_intercept
    centre = float(s @ y / problem.n) * problem.fit_intercept
    weighted = X if not problem.source.weighted else X * s[:, None].astype(X.dtype)
    gram = np.asarray(weighted.T @ X, np.float64) / problem.n - np.outer(mean, mean)
    right = np.asarray(weighted.T @ y, np.float64) / problem.n - mean * centre
    gram[np.diag_indices(problem.d)] += problem.l2
    factor = np.linalg.cholesky(gram)
    w = np.linalg.solve(factor.T, np.linalg.solve(factor, right))
    yield math.nan, np.append(w, centre - mean @ w)


@serves("sklearn-ridge", "squared_error", **SKLEARN)
def sklearn_ridge(problem: Problem, seed: int) -> Iterator[Point]:
    """scikit-learn: Ridge, its own choice of solver."""
    from sklearn.linear_model import Ridge

    yield math.nan, start(problem)
    model = Ridge(alpha=problem.l2 * problem.n, fit_intercept=problem.fit_intercept)
    weights = problem.weights if problem.source.weighted else None
    model.fit(problem.table, problem.source.y, weights)
    yield math.nan, np.append(model.coef_, model.intercept_)


@serves("sklearn-sgd", *SGD_LOSSES, **SKLEARN)
def sklearn_sgd(
    problem: Problem, seed: int, rate: float = 0.5, power_t: float = 0.25, average: bool = True
) -> Iterator[Point]:
    """scikit-learn: SGDRegressor or SGDClassifier, averaged, rate ~ t^-1/4."""
    from sklearn import config_context
    from sklearn.linear_model import SGDClassifier, SGDRegressor

    classifies = problem.loss.target == "binary"
    yield 0.0, start(problem)
    lengths = squared_lengths(problem)
    keywords: dict[str, Any] = {
        "loss": problem.loss.name,
        "penalty": "l2",
        "alpha": problem.l2,
        "fit_intercept": problem.fit_intercept,
        "learning_rate": "invscaling",
        "eta0": rate * lengths.mean() / np.square(lengths).mean() / (problem.loss.curvature or 1.0),
        "power_t": power_t,
        "average": average,
        "random_state": np.random.RandomState(seed),  # a number would repeat one order each epoch
    }
    if problem.loss.name == "huber":
        keywords["epsilon"] = problem.loss.parameters[0]
    model = (SGDClassifier if classifies else SGDRegressor)(**keywords)
    classes = {"classes": np.array([-1.0, 1.0])} if classifies else {}
    weights = problem.weights if problem.source.weighted else None
    with config_context(assume_finite=True):
        for epoch in range(1, 1 + EPOCHS):
            model.partial_fit(problem.table, problem.source.y, sample_weight=weights, **classes)
            yield epoch, np.append(model.coef_, model.intercept_)


@serves("sklearn-logistic", "log_loss", **SKLEARN)
def sklearn_logistic(problem: Problem, seed: int) -> Iterator[Point]:
    """scikit-learn: LogisticRegression by L-BFGS, tolerance 1e-8."""
    from sklearn.linear_model import LogisticRegression

    yield math.nan, start(problem)
    strength = 1 / (problem.l2 * problem.n) if problem.l2 else np.inf
    model = LogisticRegression(
        C=strength, fit_intercept=problem.fit_intercept, tol=1e-8, max_iter=1000
    )
    weights = problem.weights if problem.source.weighted else None
    model.fit(problem.table, problem.source.y, weights)
    yield math.nan, np.append(model.coef_.ravel(), model.intercept_)
