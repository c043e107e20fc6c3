"""Do two checkouts give bitwise identical results?

    python -m benchmarks.identical OTHER [--cases N] [--plain]

Fits a grid of cases (variants, optimizers, losses, penalties, modes, layouts of X, seeds),
minimises some functions and saves models with this checkout and with OTHER, each in a process of
its own, and compares the bits of what comes out. This checkout also loads the models of OTHER.
``--plain`` runs without compiled code: minutes instead of a quarter of an hour. Exits with status
1 if anything differs.
"""

import argparse
import hashlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
CASES = 400
CHOICES: dict[str, list[Any]] = {
    "variant": ["batch", "stochastic", "minibatch"],
    "loss": ["squared_error", "huber", "absolute_error", "quantile", "epsilon_insensitive",
             "squared_epsilon_insensitive", "log_loss", "hinge", "squared_hinge",
             "modified_huber"],
    "optimizer": ["auto", "gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"],
    "learning_rate": ["auto", "auto", 1e-3, 0.02, "invscaling", "adaptive", "cosine"],
    "alpha": [0.0, 0.0, 1e-3, 0.1],
    "l1_ratio": [0.0, 0.5, 1.0],
    "fit_intercept": [True, True, False],
    "average": ["auto", False, True, 0.5],
    "shuffle": [True, True, "with_replacement", False],
    "batch_size": ["auto", 1, 7, 64],
    "scaling": ["auto", "standardize", None],
    "preconditioner": ["auto", "full", None],
    "layout": ["C", "float32", "Fortran", "strided", "frame", "memory map", "integers", "list"],
    "weights": [None, None, "uneven", "zeros"],
    "rows": [3, 60, 300, 5000],
    "n_threads": [1, 2],
    "random_state": [0, 1, 2],
    "max_iter": [1, 3, 10, None],
}  # fmt: skip
BINARY = ("log_loss", "hinge", "squared_hinge", "modified_huber")


def make_cases(count: int) -> list[dict[str, Any]]:
    """Draw cases from the product of the choices, each a dictionary that JSON holds."""
    rng = np.random.default_rng(0)
    return [
        {name: values[rng.integers(len(values))] for name, values in CHOICES.items()}
        for _ in range(count)
    ]


def make_table(case: dict[str, Any], folder: Path) -> tuple[Any, Any, Any]:
    """Return X in its layout, y and the weights."""
    n, d = case["rows"], 6
    rng = np.random.default_rng(n)
    X = rng.standard_normal((n, d)) * np.array([1.0, 5.0, 0.1, 1.0, 2.0, 1.0]) + 0.5
    y = X @ rng.standard_normal(d) + 0.3 * rng.standard_normal(n)
    if case["loss"] in BINARY:
        y = np.where(y > np.median(y), 1, -1)
    weights = None
    if case["weights"] is not None:
        weights = rng.exponential(size=n)
        if case["weights"] == "zeros":
            weights[::3] = 0.0
    return in_layout(X, case["layout"], folder), y, weights


def in_layout(X: Any, layout: str, folder: Path) -> Any:
    """Return X as a user may hold it."""
    if layout == "frame":
        import pandas

        return pandas.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    if layout == "memory map":
        path = folder / "X.npy"
        np.save(path, X)
        return np.load(path, mmap_mode="r")
    wide = np.zeros((2 * len(X), X.shape[1]))
    wide[::2] = X
    return {
        "C": X,
        "float32": X.astype(np.float32),
        "Fortran": np.asfortranarray(X),
        "strided": wide[::2],
        "integers": np.rint(10 * X).astype(np.int64),
        "list": X.tolist(),
    }[layout]


def digest(*values: Any) -> str:
    """Return a hash of the bits of arrays and the text of all else."""
    found = hashlib.blake2b(digest_size=12)
    for value in values:
        is_array = isinstance(value, np.ndarray)
        found.update(value.tobytes() if is_array else repr(value).encode())
    return found.hexdigest()


def describe(result: Any) -> str:
    """Return a hash of what a fit returns, but for times."""
    history = [result.history[key] for key in sorted(result.history) if key != "seconds"]
    return digest(result.coef_, float(result.intercept_), result.objective, result.n_iter_,
                  result.stop_reason.name, result.suboptimality, *history)  # fmt: skip


def run_case(number: int, case: dict[str, Any], folder: Path) -> str:
    """Return what becomes of a case: a hash, or which exception."""
    import fastgd

    X, y, weights = make_table(case, folder)
    settings = {name: value for name, value in case.items()
                if name not in ("variant", "layout", "weights", "rows")}  # fmt: skip
    schedules = {"invscaling": fastgd.InverseScaling(0.05), "adaptive": fastgd.Adaptive(0.01),
                 "cosine": fastgd.Cosine(0.02)}  # fmt: skip
    if isinstance(settings["learning_rate"], str):
        settings["learning_rate"] = schedules.get(settings["learning_rate"], "auto")
    try:
        result = fastgd.fit(X, y, case["variant"], sample_weight=weights, **settings)
    except (TypeError, ValueError) as error:
        return type(error).__name__
    if number % 10 == 0:
        result.save(folder / f"{number}.model")
        (folder / f"{number}.hash").write_text(describe(result))
    return describe(result)


def run_functions() -> dict[str, str]:
    """Minimise functions of one and of several parameters with every optimizer."""
    import fastgd

    found = {}
    optimizers = ("gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam")
    for optimizer, rate in itertools.product(optimizers, (0.01, 0.1, fastgd.LineSearch())):
        for start in (1.5, [1.0, -2.0], [[1.0, 2.0], [3.0, 4.0]]):
            label = f"minimize {optimizer} {type(rate).__name__} {rate} {np.shape(start)}"
            try:
                result = fastgd.minimize(
                    lambda x: np.sum(np.square(x) * 0.5 + np.cos(x)),
                    start,
                    optimizer=optimizer,
                    learning_rate=rate,
                    max_iter=40,
                )
                found[label] = digest(np.asarray(result.x), result.fun, result.nit)
            except (TypeError, ValueError) as error:
                found[label] = type(error).__name__
    return found


def run_all(cases: list[dict[str, Any]], folder: Path) -> dict[str, str]:
    """Run everything in this process."""
    warnings.simplefilter("ignore")
    found = {f"{k} {json.dumps(case)}": run_case(k, case, folder) for k, case in enumerate(cases)}
    return {**found, **run_functions()}


def read_other(cases: list[dict[str, Any]], theirs: Path, folder: Path) -> dict[str, str]:
    """Load the models that another checkout saved."""
    import fastgd

    warnings.simplefilter("ignore")
    found = {}
    for path in sorted(theirs.glob("*.model")):
        model = fastgd.load(path)
        saved = path.with_suffix(".hash").read_text()
        if describe(model) != saved:
            found[path.name] = "the model that was loaded differs"
    return found


def in_checkout(root: Path, *arguments: str, plain: bool, cache: Path) -> Any:
    """Run this file in a process that imports the package of a checkout."""
    paths = os.pathsep.join([str(root / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "NUMBA_CACHE_DIR": str(cache)}
    if plain:
        environment["NUMBA_DISABLE_JIT"] = "1"
    command = [sys.executable, "-m", "benchmarks.identical", *arguments]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main() -> int:
    """Compare, or be one of the processes that are compared."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("other", type=Path, help="the root of another checkout")
    parser.add_argument("--cases", type=int, default=CASES, metavar="N")
    parser.add_argument("--plain", action="store_true", help="run without compiled code")
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    cases = make_cases(options.cases)
    if options.run:
        print(json.dumps(run_all(cases, options.run)))
        return 0
    if options.read:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(read_other(cases, options.read, Path(folder))))
        return 0
    return compare(options)


def compare(options: argparse.Namespace) -> int:
    """Run both checkouts, print what differs, and return the exit status."""
    count = ["--cases", str(options.cases)]
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, which) for which in ("this", "other")]
        for folder in folders:
            folder.mkdir()
        this, other = (
            in_checkout(root, ".", *count, "--run", str(folder),
                        plain=options.plain, cache=Path(name, f"numba {folder.name}"))
            for root, folder in zip((ROOT, options.other.resolve()), folders, strict=True)
        )  # fmt: skip
        different = {label: "the results differ" for label in this if this[label] != other[label]}
        different |= in_checkout(ROOT, ".", *count, "--read", str(folders[1]),
                                 plain=options.plain, cache=Path(name, "numba this"))  # fmt: skip
    for label, what in different.items():
        print(f"{what}: {label}")
    refused = sum(value.endswith("Error") for value in this.values())
    print(f"{len(this)} cases, {refused} of them refused; {len(different)} differ")
    return int(bool(different))


if __name__ == "__main__":
    sys.exit(main())
