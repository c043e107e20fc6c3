"""Batch, mini-batches and single rows in one valley."""

import math
from typing import Any

import numpy as np

import fastgd
from fastgd.cli.demo.stories.pictures import draw_valley
from fastgd.cli.demo.stories.story import SEEN, Floats, Story, write_number, write_rate

ROWS = 128
CORRELATION = 0.5  # of the columns
BATCH = 32  # rows
EPOCHS = 50
SHOWN = (1, 5, EPOCHS)
LATE = 10  # epochs at the end


def tell(learning_rate: float) -> Story:
    """Compare the three variants in one valley."""
    X, y, runs = run_down_the_valley(learning_rate)
    left = {name: what_is_left(X, y, run) for name, run in runs.items()}
    rows = [
        (name, str(run.batch_size_), str(run.t_), *(_write_left(left[name], run, k) for k in SHOWN))
        for name, run in runs.items()
    ]
    header = ("variant", "rows per step", "steps", *(f"after {epochs}" for epochs in SHOWN))
    steepest = np.linalg.eigvalsh(X.T @ X / ROWS)[-1]
    return Story(
        [
            f"{ROWS} rows, two columns with a correlation of {CORRELATION:g}, noise. One learning "
            f"rate, {write_rate(learning_rate)}, for all; the fraction left of the distance to the "
            f"optimum, (F - F*) / (F(0) - F*), after 1, 5 and {EPOCHS} epochs:",
            (header, rows),
            "In one epoch, a pass over all rows, batch makes a single step along the exact "
            f"gradient; minibatch makes {ROWS // BATCH} and stochastic {ROWS}, each along the "
            "gradient of its own rows.",
            " ".join(_say_what_it_did(left[name], run) for name, run in runs.items())
            + _say_which_is_nearest(left, runs),
            f"Batch diverges at rates above 2 / {steepest:.3g} = {2 / steepest:.3g}. The others "
            "need smaller rates, because the gradients of a few rows may be much steeper than "
            "their mean. If they do not diverge, they fluctuate about the optimum in the end, as "
            "the rows of each step have an optimum of their own; a smaller rate fluctuates less.",
        ],
        lambda: draw_valley(X, y, runs),
    )


def rows_of_the_valley() -> tuple[Floats, Floats]:
    """Return two columns that are correlated, and a target with noise."""
    rng = np.random.default_rng(4)
    X = rng.standard_normal((ROWS, 2))
    X[:, 1] = CORRELATION * X[:, 0] + math.sqrt(1 - CORRELATION**2) * X[:, 1]
    return X, X @ [1.0, -1.0] + 0.5 * rng.standard_normal(ROWS)


def run_down_the_valley(learning_rate: float) -> tuple[Floats, Floats, dict[str, Any]]:
    """Return the rows, and the run of each variant."""
    X, y = rows_of_the_valley()
    keywords: dict[str, Any] = {
        "learning_rate": learning_rate,
        "max_iter": EPOCHS,
        "record_path": 1,
        "fit_intercept": False,
        "random_state": 0,
    }
    runs = {
        variant: fastgd.fit(X, y, variant, batch_size=size, **keywords)
        for variant, size in (("batch", "auto"), ("minibatch", BATCH), ("stochastic", "auto"))
    }
    return X, y, runs


def what_is_left(X: Floats, y: Floats, run: Any) -> Floats:
    """Return (F - F*) / (F(0) - F*) after each step: squares of distances, as X sees them."""
    best = np.linalg.lstsq(X, y)[0]
    gaps = np.mean(((run.path - best) @ X.T) ** 2, axis=1)
    return np.asarray(gaps / gaps[0])


def _steps_per_epoch(run: Any) -> int:
    return int(ROWS // run.batch_size_)


def _divergence(run: Any) -> str:
    """Say that it did, and when that was noticed; nothing of other runs."""
    if run.stop_reason is not fastgd.StopReason.DIVERGED:
        return ""
    return f"diverged by step {len(run.path) - 1}"


def _write_left(left: Floats, run: Any, epochs: int) -> str:
    step = epochs * _steps_per_epoch(run)
    return _write_fraction(left[step]) if step < len(left) else _divergence(run)


def _write_fraction(fraction: float) -> str:
    """Return a fraction in percent, or as a multiple if it is large."""
    if fraction < SEEN:
        return f"under {100 * SEEN:g} %"
    if fraction < 10:
        return f"{float(f'{100 * fraction:.3g}'):g} %"
    return (
        f"{float(f'{fraction:.3g}'):g} times" if math.isfinite(fraction) else write_number(fraction)
    )


def _say_what_it_did(left: Floats, run: Any) -> str:
    """Say what a run did, in a sentence."""
    name = run.variant.capitalize()
    if away := _divergence(run):
        return f"{name} {away}."
    if np.abs(left - 1).max() < SEEN:
        return f"{name} stays at its start, to the digits shown."
    if (np.diff(left) < 0)[left[1:] > SEEN].all():
        return f"{name} comes closer with every step."
    late = left[-LATE * _steps_per_epoch(run) :]
    return (
        f"{name} does not come closer with every step: in its last {LATE} epochs the fraction "
        f"left is between {_write_fraction(late.min())} and {_write_fraction(late.max())}."
    )


def _say_which_is_nearest(left: dict[str, Floats], runs: dict[str, Any]) -> str:
    """Return which variant is closest early and late, if they differ."""
    said = []
    for epochs in (SHOWN[0], SHOWN[-1]):
        steps = {name: epochs * _steps_per_epoch(run) for name, run in runs.items()}
        there = {name: left[name][t] for name, t in steps.items() if t < len(left[name])}
        if len(there) > 1 and np.ptp([*there.values()]) > SEEN:
            said.append(f"after epoch {epochs} {min(there, key=there.__getitem__)}")
    return f" Closest: {', '.join(said)}." if said else ""
