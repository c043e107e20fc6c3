"""Speed of the foundation: epochs against scikit-learn and NumPy, start-up against Numba itself.

    python -m benchmarks.foundation            # tables of 400 MB, some minutes
    python -m benchmarks.foundation --quick    # tables of 80 MB, about a minute

Every figure is a ratio of medians; the two sides run in turn, in one process each. Both sides'
results are compared first. A ratio above 1 means that fastgd is the faster one.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.linear_model import SGDRegressor
from threadpoolctl import threadpool_limits

import fastgd
from benchmarks.start_up import FIT

LEARNING_RATE = 1e-3
EPOCHS = 3  # an epoch's time is that of `1 + EPOCHS` epochs less that of one

Times = list[float]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="80 MB instead of 400 MB")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    megabytes = 80 if options.quick else 400
    print(f"{os.cpu_count()} cores, float64, {megabytes} MB, medians of {options.repeats}")
    print(f"{'what':<58}{'ours':>10}{'other':>10}{'ratio':>8}{'wanted':>8}")
    for d in (10, 32, 100):
        compare_epochs(d, megabytes, options.repeats)
    for threads in (1, os.cpu_count() or 1):
        for d in (10, 32, 100):
            compare_gradients(d, megabytes, options.repeats, threads)
    compare_start_up(options.repeats)


def made(d: int, megabytes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a table of so many megabytes."""
    X, y, _ = fastgd.datasets.make_regression(megabytes * 10**6 // (8 * d), d, random_state=0)
    return X, y


def in_turn(repeats: int, *actions: Callable[[], object]) -> list[Times]:
    """Time the actions one after another, again and again."""
    times: list[Times] = [[] for _ in actions]
    for _ in range(repeats):
        for action, taken in zip(actions, times, strict=True):
            began = time.perf_counter()
            action()
            taken.append(time.perf_counter() - began)
    return times


def report(what: str, ours: float, other: float, unit: float, wanted: str) -> None:
    """Print one line; times in seconds, shown in *unit*."""
    print(f"{what:<58}{ours / unit:>10.4g}{other / unit:>10.4g}{other / ours:>8.2f}{wanted:>8}")
    sys.stdout.flush()


def compare_epochs(d: int, megabytes: int, repeats: int) -> None:
    """One shuffled epoch of `stochastic` and `minibatch` against SGDRegressor's."""
    X, y = made(d, megabytes)
    check_against_scikit_learn(X[:2000], y[:2000])

    def ours(variant: str, epochs: int) -> Callable[[], object]:
        rate = LEARNING_RATE / d
        return lambda: fastgd.fit(X, y, variant, learning_rate=rate, max_iter=epochs)

    def theirs(epochs: int) -> Callable[[], object]:
        model = SGDRegressor(
            penalty=None,
            learning_rate="constant",
            eta0=LEARNING_RATE / d,
            max_iter=epochs,
            tol=None,
        )
        return lambda: model.fit(X, y)

    ours("stochastic", 1)(), ours("minibatch", 1)()
    actions = [
        action
        for make in (lambda e: ours("stochastic", e), lambda e: ours("minibatch", e), theirs)
        for action in (make(1), make(1 + EPOCHS))
    ]
    middle = [statistics.median(times) for times in in_turn(repeats, *actions)]
    epochs = [(middle[k + 1] - middle[k]) / EPOCHS / len(X) for k in (0, 2, 4)]
    report(f"stochastic / SGDRegressor epoch, d={d} [ns/row]", epochs[0], epochs[2], 1e-9, ">= 6")
    report(f"minibatch / SGDRegressor epoch, d={d} [ns/row]", epochs[1], epochs[2], 1e-9, "")


def check_against_scikit_learn(X: np.ndarray, y: np.ndarray) -> None:
    """Assert that both do the same steps."""
    rate = LEARNING_RATE
    other = SGDRegressor(
        penalty=None, learning_rate="constant", eta0=rate, max_iter=2, tol=None, shuffle=False
    ).fit(X, y)
    ours = fastgd.fit(X, y, "stochastic", learning_rate=rate, max_iter=2, shuffle=False)
    np.testing.assert_allclose(ours.coef_, other.coef_, rtol=1e-10)


def compare_gradients(d: int, megabytes: int, repeats: int, threads: int) -> None:
    """One gradient of all rows against NumPy's."""
    X, y = made(d, megabytes)
    w, steps, rate = np.zeros(d), 5, 0.1

    def numpy_descent(steps: int) -> np.ndarray:
        w = np.zeros(d)
        for _ in range(steps):
            w = w - rate / len(X) * (X.T @ (X @ w - y))
        return w

    def ours(steps: int) -> fastgd.FitResult:
        return fastgd.fit(
            X,
            y,
            "batch",
            learning_rate=rate,
            max_iter=steps,
            fit_intercept=False,
            n_threads=threads,
        )

    with threadpool_limits(threads):
        w = numpy_descent(steps)
        np.testing.assert_allclose(ours(steps).coef_, w, rtol=1e-10, atol=1e-12)
        actions = [
            lambda: ours(1),
            lambda: ours(1 + steps),
            lambda: numpy_descent(1),
            lambda: numpy_descent(1 + steps),
        ]
        middle = [statistics.median(times) for times in in_turn(repeats, *actions)]
    mine, other = (middle[1] - middle[0]) / steps, (middle[3] - middle[2]) / steps
    wanted = ">= 1.3" if d >= 32 else ""
    report(f"batch / NumPy gradient, d={d}, {threads} thread(s) [ms]", mine, other, 1e-3, wanted)
    print(f"{'':<58}{X.nbytes / mine / 1e9:>10.1f}{X.nbytes / other / 1e9:>10.1f} GB/s of X")


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


def compare_start_up(repeats: int) -> None:
    """Import and first fit in a fresh process, against Numba's own import and first kernel."""
    with tempfile.TemporaryDirectory() as folder:
        kernel, first_fit = Path(folder, "kernel.py"), Path(folder, "first_fit.py")
        kernel.write_text(CACHED_KERNEL)
        first_fit.write_text(FIT)

        def python(*arguments: str, cache: str = "cache") -> Callable[[], object]:
            environment = {**os.environ, "NUMBA_CACHE_DIR": str(Path(folder, cache))}
            environment["PYTHONPATH"] = os.pathsep.join(sys.path)
            command = [sys.executable, *arguments]
            return lambda: subprocess.run(command, env=environment, check=True)

        actions = [
            python("-c", "import fastgd"),
            python("-c", "import numba"),
            python(str(first_fit)),
            python(str(kernel)),
        ]
        in_turn(2, *actions)
        middle = [statistics.median(times) for times in in_turn(max(repeats, 7), *actions)]
        cold = [in_turn(1, python(str(first_fit), cache=f"cold{k}"))[0][0] for k in range(repeats)]
    report("import fastgd / import numba [s]", middle[0], middle[1], 1, ">= 0.77")
    report("first fit, fresh process / numba + one kernel [s]", middle[2], middle[3], 1, ">= 0.77")
    print(f"{'first fit, nothing compiled before [s]':<58}{statistics.median(cold):>10.2f}", end="")
    print(f"{'':>18}{'<= 3':>8}")


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
