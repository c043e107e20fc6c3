"""A fit takes little memory beside its table: 0.15 of the table's bytes and 16 bytes a row.

Every layout is fitted in a process of its own, in every variant and mode after a small fit of the
same kind, so that compiling does not count. Run as a script, this file prints the figures.
"""

import ctypes
import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest

import fastgd

N, D = 300_000, 50
FEW = 2000
SHARE, BYTES_A_ROW = 0.15, 16
VARIANTS = ["batch", "stochastic", "minibatch"]
MODES = {"textbook": {"learning_rate": 1e-7}, "self-tuned": {"tol": None}}
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def memory_map(X):
    with tempfile.TemporaryFile() as file:
        X.tofile(file)
        return np.memmap(file, X.dtype, "r", shape=X.shape)


def strided(X):
    large = np.zeros((len(X), 2 * D))
    large[:, ::2] = X
    return large[:, ::2]


def pandas(X):
    import pandas as pd

    return pd.DataFrame(X)


def pandas_mixed(X):
    frame = pandas(X)
    return frame.astype({j: ("f4", "i4")[j % 2] for j in range(D // 2)})


def polars(X):
    import polars as pl

    return pl.DataFrame({f"c{j}": X[:, j].copy() for j in range(D)})


def polars_chunks(X):
    import polars as pl

    third = len(X) // 3
    parts = (X[:third], X[third : 2 * third], X[2 * third :])
    return pl.concat([polars(part) for part in parts], rechunk=False)


def arrow_chunks(X):
    import pyarrow as pa

    third = len(X) // 3
    return pa.table(
        [
            pa.chunked_array([column[:third], column[third:]])
            for column in np.ascontiguousarray(X.T)
        ],
        names=[f"c{j}" for j in range(D)],
    )


def signs(y):
    return np.where(y > 0, 1, 0)


def words(y):
    return np.where(y > 0, "yes", "no")


LOG_LOSS = {"loss": "log_loss"}
# How the table is made of float64 in C order, then the targets; then what else is asked for.
LAYOUTS = {
    "C": (np.asarray, np.asarray, {}),
    "C, y int32": (np.asarray, lambda y: (100 * y).astype(np.int32), {}),
    "C, weights": (np.asarray, np.asarray, {"sample_weight": lambda y: (y > 0).astype(np.int8)}),
    "C, labels 0 1": (np.asarray, signs, LOG_LOSS),
    "C, labels words": (np.asarray, words, LOG_LOSS),
    "Fortran": (np.asfortranarray, np.asarray, {}),
    "float32": (lambda X: X.astype(np.float32), np.asarray, {}),
    "int32": (lambda X: (1000 * X).astype(np.int32), np.asarray, {}),
    "strided": (strided, np.asarray, {}),
    "memory map": (memory_map, np.asarray, {}),
    "pandas": (pandas, np.asarray, {}),
    "pandas, mixed": (pandas_mixed, np.asarray, {}),
    "polars": (polars, np.asarray, {}),
    "polars, chunks": (polars_chunks, np.asarray, {}),
    "Arrow, chunks": (arrow_chunks, np.asarray, {}),
}
OFTEN = ("C", "Fortran", "strided", "pandas")  # measured in every run of the tests


def make(layout, n):
    """The table, its targets and the arguments of a fit; nothing else stays in memory."""
    make_table, make_targets, settings = LAYOUTS[layout]
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, D))
    y = X[:, :5].sum(axis=1) + rng.standard_normal(n)
    given = {name: value(y) if callable(value) else value for name, value in settings.items()}
    return make_table(X), make_targets(y), given


def run(X, y, variant, mode, given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the fit is like is no matter here
        return fastgd.fit(X, y, variant, max_iter=2, random_state=0, **MODES[mode], **given)


def bytes_of(table):
    if hasattr(table, "estimated_size"):
        return table.estimated_size()
    if hasattr(table, "memory_usage"):
        return int(table.memory_usage(index=False).sum())
    return table.nbytes


def status(word):
    """A figure of this process, in bytes."""
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith(f"{word}:"))
    return 1024 * int(line.split()[1])


def extra_memory(action):
    """By how many bytes *action* makes this process grow at most."""
    ctypes.CDLL(None).malloc_trim(0)
    CLEAR.write_text("5")  # resets the peak
    before = status("VmRSS")
    action()
    return status("VmHWM") - before


def measure(layout):
    """The extra bytes of every variant and mode, and of a copy; the bytes of the table."""
    few = make(layout, FEW)
    X, y, given = make(layout, N)
    if isinstance(X, np.memmap):
        X.sum()  # pages of the file that are touched are no memory of the fit's
    extra = {}
    for mode in MODES:
        for variant in VARIANTS:
            run(*few[:2], variant, mode, few[2])
            extra[f"{variant}, {mode}"] = extra_memory(
                lambda v=variant, m=mode: run(X, y, v, m, given)
            )
    result = run(*few[:2], "batch", "textbook", few[2])
    result.score(*few[:2])
    extra["score"] = extra_memory(lambda: result.score(X, y))
    size = bytes_of(X)
    extra["a copy"] = extra_memory(lambda: np.ones(size, np.int8))
    return extra, size


def measure_apart(layout):
    """`measure`, in a process of its own whose freed memory is given back at once."""
    given_back = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    answer = subprocess.run(
        [sys.executable, __file__, layout],
        env={**os.environ, **given_back},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(answer.stdout)


@pytest.mark.compiled
@pytest.mark.skipif(not CLEAR.exists(), reason="the peak can be reset by Linux's /proc only")
@pytest.mark.parametrize(
    "layout",
    [x if x in OFTEN else pytest.param(x, marks=pytest.mark.slow) for x in LAYOUTS],
)
def test_a_fit_takes_little_memory_beside_its_table(layout):
    package = layout.partition(",")[0].replace("Arrow", "pyarrow")
    if package in ("pandas", "polars", "pyarrow"):
        pytest.importorskip(package)
    extra, size = measure_apart(layout)
    allowed = SHARE * size + BYTES_A_ROW * N
    assert extra.pop("a copy") > 0.9 * size > allowed  # the measuring works
    assert len(extra) == len(VARIANTS) * len(MODES) + 1
    assert {what: size for what, size in extra.items() if size > allowed} == {}


def main():
    """Print a table of megabytes; or, with a layout named, its figures for `measure_apart`."""
    if sys.argv[1:]:
        json.dump(measure(sys.argv[1]), sys.stdout)
        return
    for layout in LAYOUTS:
        extra, size = measure_apart(layout)
        allowed = SHARE * size + BYTES_A_ROW * N
        if layout == "C":
            sys.stdout.write(f"{'MB':16}{'allowed':>8}  {'  '.join(extra)}\n")
        figures = "".join(f"{size / 1e6:{len(what) + 2}.1f}" for what, size in extra.items())
        sys.stdout.write(f"{layout:16}{allowed / 1e6:8.1f}{figures}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
