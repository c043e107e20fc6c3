"""The roofline: how near each variant comes to the speed at which memory delivers the rows.

    python -m benchmarks.roofline            # tables of 400 MB, some six minutes
    python -m benchmarks.roofline --quick    # tables of 80 MB, about a minute
    python -m benchmarks.roofline batch gram # only sections whose names hold one of these words
    python -m benchmarks.roofline --smoke    # does it all still run? the figures mean nothing

Every figure is a median of ratios: the two sides of a pair run in turn, again and again, on one
thread unless said, and both sides' results are compared first. Epochs are whole ones, with
shuffling, intercept and loss tracking. "Must" and "aim" are what the project set itself; a figure
in brackets misses the first. "Bound" is what could be reached here and now if nothing counted but
what nobody can spare (`bounds.py`): reading the rows, twice for a whole call; of a shuffled epoch,
predicting them in that order, half of the work; of columns, gathering rows from them; of a batch
pass, its arithmetic in the cache; of two threads, the gain of a plain sum.
"""

import argparse
import functools
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import SGDRegressor
from threadpoolctl import threadpool_limits

import fastgd
from benchmarks import bounds
from benchmarks.start_up import FIT
from fastgd.comparing.bandwidth import read_bandwidth
from fastgd.data.orders import Order, make_order

EPOCHS = 3  # an epoch's time is that of `1 + EPOCHS` epochs less that of one
SGD_RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)  # from far too small to all but too large
SPINNING = 0.2  # seconds that OpenBLAS keeps a core busy, at most, after a product
RATE = 0.01  # over the features: small enough for every table here

Action = Callable[[], object]
Fit = Callable[[int], object]  # makes so many epochs


class Row(NamedTuple):
    """A line of the table; *higher* is better, or lower."""

    what: str
    ratios: list[float]
    must: float
    aim: float
    higher: bool = True
    unit: str = "x"
    bound: float = np.nan


class Scale(NamedTuple):
    """How large, and how often."""

    megabytes: int
    repeats: int


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="of the sections to run")
    parser.add_argument("--quick", action="store_true", help="80 MB instead of 400 MB")
    parser.add_argument("--smoke", action="store_true", help="8 MB, once")
    parser.add_argument("--repeats", type=int)
    options = parser.parse_args()
    megabytes, repeats = (8, 1) if options.smoke else (80, 3) if options.quick else (400, 5)
    scale = Scale(megabytes, options.repeats or repeats)
    print(
        f"{os.cpu_count()} cores, tables of {scale.megabytes} MB, medians of {scale.repeats}; "
        f"reading {read_bandwidth(1) / 1e9:.0f} GB/s on one thread, "
        f"{read_bandwidth(os.cpu_count() or 1) / 1e9:.0f} on all"
    )
    print(f"{'what':<62}{'median':>10}{'quartiles':>16}{'must':>8}{'aim':>8}{'bound':>8}")
    for section in SECTIONS:
        if not options.words or any(word in section.__name__ for word in options.words):
            for row in section(scale):
                show(row)


def show(row: Row) -> None:
    """Print one line."""
    middle = statistics.median(row.ratios)
    low, high = np.quantile(row.ratios, [0.25, 0.75])
    missed = middle < row.must if row.higher else middle > row.must
    figure = f"({middle:.3g}{row.unit})" if missed else f"{middle:.3g}{row.unit}"
    line = f"{row.what:<62}{figure:>10}{f'{low:.3g} - {high:.3g}':>16}{row.must:>8g}{row.aim:>8g}"
    bound = "" if np.isnan(row.bound) else f"{row.bound:.3g}"
    print(f"{line}{bound:>8}", flush=True)


# ------------------------------------------------------------------------------------- measuring


@functools.lru_cache(maxsize=2)
def table(d: int, megabytes: int, dtype: str = "float64") -> tuple[np.ndarray, np.ndarray]:
    """Return a table of so many megabytes: noise on a few thousand rows, repeated."""
    n = megabytes * 10**6 // (np.dtype(dtype).itemsize * d)
    some, targets, _ = fastgd.datasets.make_regression(
        min(n, 8192), d, noise=1.0, dtype=dtype, random_state=0
    )
    X, y = np.empty((n, d), dtype), np.empty(n, dtype)
    for start in range(0, n, len(some)):
        stop = min(n, start + len(some))
        X[start:stop], y[start:stop] = some[: stop - start], targets[: stop - start]
    return X, y


def seconds(action: Action) -> float:
    """Return how long it takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def seconds_at_rest(action: Action) -> float:
    """Return the same, no BLAS at work any more: OpenBLAS's threads wait in a loop."""
    time.sleep(SPINNING)
    return seconds(action)


def epoch_seconds(fit: Fit) -> float:
    """Return an epoch's seconds, given what makes so many."""
    return max(seconds(lambda: fit(1 + EPOCHS)) - seconds(lambda: fit(1)), 1e-9) / EPOCHS


def ratios(repeats: int, one: Callable[[], float], other: Callable[[], float]) -> list[float]:
    """Return one / other, measured in turn."""
    one(), other()
    return [one() / other() for _ in range(repeats)]


def epoch_ratios(repeats: int, one: Fit, other: Fit) -> list[float]:
    """Return the seconds of an epoch of one over those of the other's."""
    return ratios(
        repeats,
        functools.partial(epoch_seconds, one),
        functools.partial(epoch_seconds, other),
    )


def ours(X: np.ndarray, y: np.ndarray, variant: str, **settings: object) -> Fit:
    """Return what makes so many textbook epochs."""
    settings = {"learning_rate": RATE / X.shape[1], "random_state": 0, "n_threads": 1, **settings}
    return lambda epochs: fastgd.fit(X, y, variant, max_iter=epochs, **settings)


def share_of_bandwidth(X: np.ndarray, y: np.ndarray, variant: str, repeats: int) -> list[float]:
    """Return the bytes of X per second of an epoch over those of reading alone, in percent."""
    fit = ours(X, y, variant)
    return [
        100 * ratio
        for ratio in ratios(
            repeats,
            lambda: X.nbytes / epoch_seconds(fit),
            lambda: read_bandwidth(1),
        )
    ]


def reads(X: np.ndarray, rival_seconds: float) -> float:
    """Return how often one thread could read X meanwhile: no kernel gains more on a rival."""
    return rival_seconds * read_bandwidth(1) / X.nbytes


# -------------------------------------------------------------------------------------- sections


def stochastic(scale: Scale) -> Iterator[Row]:
    """An epoch against SGDRegressor's."""
    check_stochastic()
    for d, must, aim in ((10, 9, 16), (32, 9, 14), (100, 8, 10), (1000, 4.4, 6)):
        X, y = table(d, scale.megabytes)
        theirs = functools.partial(sgd_regressor, X, y)
        found = epoch_ratios(scale.repeats, theirs, ours(X, y, "stochastic"))
        bound = reads(X, epoch_seconds(theirs))
        what = f"stochastic: SGDRegressor's epoch over ours, d={d}"
        yield Row(what, found, must, aim, bound=bound)


def sgd_regressor(X: np.ndarray, y: np.ndarray, epochs: int, shuffle: bool = True) -> SGDRegressor:
    """Fit scikit-learn's."""
    rate = RATE / X.shape[1]
    return SGDRegressor(
        penalty=None, learning_rate="constant", eta0=rate, max_iter=epochs, tol=None,
        shuffle=shuffle,
    ).fit(X, y)  # fmt: skip


def check_stochastic() -> None:
    """Assert that both take the same steps."""
    X, y = (values[:2000] for values in table(10, 1))
    mine = ours(X, y, "stochastic", shuffle=False)(2)
    np.testing.assert_allclose(mine.coef_, sgd_regressor(X, y, 2, False).coef_, rtol=1e-10)


def float32(scale: Scale) -> Iterator[Row]:
    """An epoch in float32 against one of as many rows in float64."""
    for variant in ("stochastic", "minibatch"):
        for d in (100, 1000):
            wide, y = table(d, scale.megabytes)
            narrow = wide.astype(np.float32)
            found = epoch_ratios(scale.repeats, ours(wide, y, variant), ours(narrow, y, variant))
            yield Row(f"{variant}: float64's epoch over float32's, d={d}", found, 1.5, 1.9)


def minibatch(scale: Scale) -> Iterator[Row]:
    """Shuffled mini-batches of 256: share of bandwidth, and beside loops in NumPy and PyTorch."""
    for d, must, aim in ((32, 40, 60), (100, 60, 80), (1000, 60, 90)):
        X, y = table(d, scale.megabytes)
        found = share_of_bandwidth(X, y, "minibatch", scale.repeats)
        bound = 100 / reads(X, bounds.visiting(X, y, bounds.predict_rows))
        what = f"minibatch: share of read bandwidth, d={d}"
        yield Row(what, found, must, aim, unit="%", bound=bound)
    X, y = table(100, scale.megabytes, "float32")
    mine = ours(X, y, "minibatch", fit_intercept=False)
    loops = [("NumPy", numpy_minibatches, 5, 8)]
    if torch_installed():
        loops.append(("PyTorch", torch_minibatches, 20, 40))
    for name, loop, must, aim in loops:
        check_loop(loop)
        theirs = functools.partial(loop, X, y)
        found = ratios(scale.repeats, lambda f=theirs: seconds(f), lambda: epoch_seconds(mine))
        what = f"minibatch: {name} loop over ours, float32, d=100"
        yield Row(what, found, must, aim, bound=reads(X, seconds(theirs)))


def numpy_minibatches(X: np.ndarray, y: np.ndarray, order: np.ndarray | None = None) -> np.ndarray:
    """Make one epoch of mini-batches as one writes them."""
    n, d = X.shape
    order = np.random.default_rng(0).permutation(n) if order is None else order
    w, rate = np.zeros(d, X.dtype), X.dtype.type(RATE / d)
    for start in range(0, n, 256):
        rows = order[start : start + 256]
        x = X[rows]
        w -= rate / X.dtype.type(len(rows)) * (x.T @ (x @ w - y[rows]))
    return w


def torch_installed() -> bool:
    """Return True if PyTorch can be imported."""
    try:
        import torch  # noqa: F401
    except ImportError:
        return False
    return True


def torch_minibatches(X: np.ndarray, y: np.ndarray, order: np.ndarray | None = None) -> np.ndarray:
    """Do the same in PyTorch, the gradient written by hand."""
    import torch

    torch.set_num_threads(1)
    n, d = X.shape
    order = torch.randperm(n) if order is None else torch.from_numpy(order)
    rows_of, targets = torch.from_numpy(X), torch.from_numpy(y)
    w = torch.zeros(d, dtype=rows_of.dtype)
    with torch.no_grad():
        for start in range(0, n, 256):
            rows = order[start : start + 256]
            x = rows_of[rows]
            w -= RATE / d / len(rows) * (x.T @ (x @ w - targets[rows]))
    return w.numpy()


def check_loop(loop: Callable[..., np.ndarray]) -> None:
    """Assert that a loop takes our steps."""
    X, y = (values[:3000] for values in table(100, 2, "float32"))
    order = np.random.default_rng(1).permutation(len(y))
    mine = ours(X, y, "minibatch", fit_intercept=False, shuffle=order[None])(1)
    np.testing.assert_allclose(loop(X, y, order), mine.coef_, rtol=1e-3, atol=1e-6)


def layouts(scale: Scale) -> Iterator[Row]:
    """A shuffled epoch on columns, as data frames hold them, against one on rows."""
    for d in (10, 32, 100):
        X, y = table(d, scale.megabytes)
        columns = np.asfortranarray(X)
        mine, other = ours(columns, y, "minibatch"), ours(X, y, "minibatch")
        assert mine(1).coef_.tobytes() == other(1).coef_.tobytes()
        found = epoch_ratios(scale.repeats, mine, other)
        bound = bounds.visiting(columns, y, bounds.meet_nothing) / epoch_seconds(other)
        what = f"minibatch: epoch on Fortran order over C order, d={d}"
        yield Row(what, found, 1.5, 1.2, higher=False, bound=bound)


def batch(scale: Scale) -> Iterator[Row]:
    """A pass over the rows: share of bandwidth, logistic against squared error."""
    for d, must in ((10, 75), (32, 75), (100, 80), (1000, 75)):
        X, y = table(d, scale.megabytes)
        found = share_of_bandwidth(X, y, "batch", scale.repeats)
        bound = min(100.0, 100 * bounds.pass_in_cache(d) / read_bandwidth(1))
        what = f"batch: share of read bandwidth, d={d}"
        yield Row(what, found, must, 90, unit="%", bound=bound)
    X, y = table(32, scale.megabytes)
    labels = (y > 0).astype(np.float64)
    logistic = ours(X, labels, "batch", loss="log_loss")
    found = epoch_ratios(scale.repeats, logistic, ours(X, y, "batch"))
    yield Row("batch: logistic pass over squared error's, d=32", found, 1.6, 1.2, higher=False)


def adam(scale: Scale) -> Iterator[Row]:
    """Adam's mini-batches against plain ones."""
    X, y = table(100, scale.megabytes)
    adaptive = ours(X, y, "minibatch", optimizer="adam")
    found = epoch_ratios(scale.repeats, adaptive, ours(X, y, "minibatch"))
    yield Row("minibatch: Adam's epoch over plain, d=100", found, 1.1, 1.02, higher=False)


def orders(scale: Scale) -> Iterator[Row]:
    """Making the order, as a share of an epoch."""
    for d, must, aim in ((10, 10, 5), (32, 5, 2), (100, 5, 2)):
        X, y = table(d, scale.megabytes)
        made = functools.partial(make_orders, make_order(len(y), d, 0, True))
        found = epoch_ratios(scale.repeats, made, ours(X, y, "stochastic"))
        found = [100 * share for share in found]
        what = f"stochastic: share of an epoch that makes the order, d={d}"
        yield Row(what, found, must, aim, higher=False, unit="%")


def make_orders(order: Order, epochs: int) -> None:
    """Make the orders of so many epochs."""
    order.load()
    for epoch in range(epochs):
        for start in range(0, order.n, order.window):
            order.rows(epoch, start, min(order.n, start + order.window))


def gram(scale: Scale) -> Iterator[Row]:
    """A thousand steps from X'X against a thousand passes; those are timed by a few."""
    X, y = table(100, 2 * scale.megabytes)
    rivals = [("NumPy", numpy_steps)]
    if torch_installed():
        rivals.append(("PyTorch", torch_steps))
    settings = {"route": "gram", "fit_intercept": False, "learning_rate": RATE}
    steps, cores = 1000, os.cpu_count() or 1
    for name, rival in rivals:
        mine = fastgd.fit(X, y, "batch", max_iter=5, **settings).coef_
        np.testing.assert_allclose(rival(X, y, 5, cores), mine, rtol=1e-10)
        found = ratios(
            scale.repeats,
            lambda f=rival: steps / 5 * seconds(lambda: f(X, y, 5, cores)),
            lambda: seconds(lambda: fastgd.fit(X, y, "batch", max_iter=steps, **settings)),
        )
        what = f"batch: 1000 steps of {name} over ours, gram, d=100, all cores"
        yield Row(what, found, 50, 150)
    tuned = {"tol": 1e-8, "fit_intercept": False, "random_state": 0}
    mine = fastgd.fit(X, y, "batch", **tuned).coef_
    np.testing.assert_allclose(mine, normal_equations(X, y), rtol=1e-5, atol=1e-8)
    found = ratios(
        scale.repeats,
        lambda: seconds(lambda: fastgd.fit(X, y, "batch", **tuned)),
        lambda: seconds(lambda: normal_equations(X, y)),
    )
    what = "batch: self-tuned to 1e-8 over the exact normal equations, d=100"
    yield Row(what, found, np.nan, np.nan, higher=False)


def whole_calls(scale: Scale) -> Iterator[Row]:
    """Whole fits that nobody tuned, samples and conversions included, compiling left out."""
    rng = np.random.default_rng(0)
    d = 100
    X = rng.standard_normal((scale.megabytes * 10**6 // (8 * d), d))
    y = X @ rng.standard_normal(d) + rng.standard_normal(len(X))
    result = fastgd.fit(X, y, random_state=0)
    best = 0.5 * np.mean((y - X @ normal_equations(X, y)) ** 2)
    assert result.objective - best < result.statistical_error
    told = result.suboptimality / result.statistical_error
    what = "whole call: ours above the optimum at most, statistical errors"
    yield Row(what, [told], 1, 0.1, higher=False, unit="")

    def whole_call() -> float:
        return seconds_at_rest(lambda: fastgd.fit(X, y, random_state=0))

    found = [whole_call() for _ in range(scale.repeats)]
    yield Row("whole call: ours, compiling left out", found, np.nan, np.nan, False, " s")
    rivals = {
        "SGDRegressor's defaults": (lambda: SGDRegressor(random_state=0).fit(X, y), 25, 25),
        "the normal equations": (lambda: normal_equations(X, y), 1, 1),
    }
    if tuned := quickest_of_grid(X, y, best + result.statistical_error):
        rivals["SGDRegressor, best of a grid,"] = lambda: tuned.fit(X, y), 5, 5
    for name, (rival, must, aim) in rivals.items():
        found = ratios(scale.repeats, lambda f=rival: seconds_at_rest(f), whole_call)
        bound = reads(X, seconds(rival)) / 2  # a pass to get there, another one to know it
        yield Row(f"whole call: {name} over ours, d=100", found, must, aim, bound=bound)


def quickest_of_grid(X: np.ndarray, y: np.ndarray, enough: float) -> SGDRegressor | None:
    """Return which of 20 settings is the first to bring the mean loss down to *enough*."""
    grid = itertools.product(SGD_RATES, (True, False), (1, 2))
    best, least = None, np.inf
    for rate, average, epochs in grid:
        how = {"penalty": None, "tol": None, "random_state": 0, "learning_rate": "constant"}
        tried = SGDRegressor(eta0=rate, average=average, max_iter=epochs, **how)
        took = seconds(lambda: tried.fit(X, y))  # noqa: B023 - called at once
        if took < least and 0.5 * np.mean((y - tried.predict(X)) ** 2) <= enough:
            best, least = tried, took
    return best


def normal_equations(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Solve least squares exactly, the short way; it needs columns that are not too alike."""
    return np.linalg.solve(X.T @ X, X.T @ y)


def numpy_steps(X: np.ndarray, y: np.ndarray, steps: int, threads: int) -> np.ndarray:
    """Take so many full steps in NumPy."""
    w = np.zeros(X.shape[1])
    with threadpool_limits(threads):
        for _ in range(steps):
            w = w - RATE / len(X) * (X.T @ (X @ w - y))
    return w


def torch_steps(X: np.ndarray, y: np.ndarray, steps: int, threads: int) -> np.ndarray:
    """Take them in PyTorch, the gradient written by hand."""
    import torch

    torch.set_num_threads(threads)
    rows, targets = torch.from_numpy(X), torch.from_numpy(y)
    w = torch.zeros(X.shape[1], dtype=rows.dtype)
    with torch.no_grad():
        for _ in range(steps):
            w = w - RATE / len(rows) * (rows.T @ (rows @ w - targets))
    return w.numpy()


def threads(scale: Scale) -> Iterator[Row]:
    """Two threads on what fits in a cache."""
    X, y = table(100, 16)
    passes = 100

    def fit(n_threads: int) -> Action:
        return lambda: fastgd.fit(
            X, y, "batch", learning_rate=RATE, max_iter=passes, n_threads=n_threads
        )

    found = ratios(scale.repeats, lambda: seconds(fit(1)), lambda: seconds(fit(2)))
    bound = read_bandwidth(2, X.nbytes) / read_bandwidth(1, X.nbytes)
    yield Row("batch: one thread over two, 16 MB, d=100", found, 1.6, 1.9, bound=bound)


CACHED_KERNEL = """
import numba
import numpy as np

@numba.njit(cache=True)
def add(x):
    total = 0.0
    for value in x:
        total += value
    return total

add(np.ones(3))
"""


def start_up(scale: Scale) -> Iterator[Row]:
    """The first fit of a process, kernels on the disk or nothing compiled before."""
    with tempfile.TemporaryDirectory() as folder:
        kernel, first_fit = Path(folder, "kernel.py"), Path(folder, "first_fit.py")
        kernel.write_text(CACHED_KERNEL)
        first_fit.write_text(FIT)

        def run(script: Path, cache: str = "cache") -> None:
            environment = {**os.environ, "NUMBA_CACHE_DIR": str(Path(folder, cache))}
            environment["PYTHONPYCACHEPREFIX"] = folder  # as `pip install` leaves it, bytecode made
            environment.pop("PYTHONDONTWRITEBYTECODE", None)
            environment["PYTHONPATH"] = os.pathsep.join(sys.path)
            subprocess.run([sys.executable, str(script)], env=environment, check=True)

        found = ratios(
            2 * scale.repeats,
            lambda: seconds(lambda: run(first_fit)),
            lambda: seconds(lambda: run(kernel)),
        )
        what = "first fit of a process over numba and one cached kernel"
        yield Row(what, found, 1.15, 1.05, higher=False)
        cold = [
            seconds(lambda k=k: run(first_fit, f"cold{k}")) - seconds(lambda: run(kernel))
            for k in range(scale.repeats)
        ]
        what = "the first fit ever beyond that"
        yield Row(what, cold, 2.0, 1.2, higher=False, unit=" s")


def memory(scale: Scale) -> Iterator[Row]:
    """What a fit takes beside the table, over what it may: 0.15 X + 16 bytes a row."""
    X, y = table(32, scale.megabytes)
    made = {
        "C": X,
        "Fortran": np.asfortranarray(X),
        "float32": X.astype(np.float32),
        "float32 Fortran": np.asfortranarray(X, np.float32),
        "int64": X.astype(np.int64),
        "every other row": np.repeat(X, 2, axis=0)[::2],
        "every other column": np.repeat(X, 2, axis=1)[:, ::2],
        "reversed": X[::-1],
    }
    for name, layout in made.items():
        peaks = []
        for variant in ("batch", "stochastic", "minibatch"):
            fit = ours(layout, y, variant)
            fit(1)
            tracemalloc.start()
            fit(1)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        found = [peak / (0.15 * layout.nbytes + 16 * len(y)) for peak in peaks]
        what = f"extra memory over what may be, {name} ({max(peaks) / 1e6:.1f} MB)"
        yield Row(what, found, 1.0, 0.5, higher=False)


SECTIONS = [
    stochastic,
    float32,
    minibatch,
    layouts,
    batch,
    adam,
    orders,
    gram,
    whole_calls,
    threads,
    start_up,
    memory,
]

if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
