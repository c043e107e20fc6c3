"""The card: what the data were, what ran, how well it fits, and the lines of Python."""

from dataclasses import replace
from typing import TypeAlias

import click
import numpy as np
from rich.console import Console
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table

import fastgd
from fastgd.cli.job import Data, Job

Rows: TypeAlias = list[tuple[str, str]]  # what, and what there is to say


def describe_data(job: Job, data: Data) -> Rows:
    """Return what the table is and what was done to it."""
    n_rows, n_features = data.X.shape
    origin = "flights read" if job.is_flights else "made"
    table = f"{n_rows:,} rows x {n_features:,} features, {data.X.dtype}"
    scaling = [("columns", "centred and scaled to variance 1")] if job.standardize else []
    return [("data", f"{table}, {origin} in {data.seconds:.2g} s"), *scaling]


def describe_run(result: fastgd.FitResult, compile_seconds: float) -> Rows:
    """Return what ran and what it took."""
    rate, history = result.learning_rate_, result.history
    rate_text = f"{rate:.4g}" if isinstance(rate, float) else repr(rate)
    chosen = "given" if result.mode == "textbook" else "self-tuned"
    size = f", {result.batch_size_:,} rows per step" if result.variant == "minibatch" else ""
    return [
        ("ran", f"{result.variant}, {result.optimizer_.name}, {result.loss_.name}{size}"),
        ("learning rate", f"{rate_text} ({chosen})"),
        ("epochs", f"{result.n_iter_:,} ({history['passes'][-1]:,.4g} passes over the rows)"),
        ("seconds", f"{history['seconds'][-1]:.3g} (+ {compile_seconds:.2g} to compile or load)"),
    ]


def score(result: fastgd.FitResult, data: Data) -> Rows:
    """Return how well it fits, and how well the true coefficients do."""
    X, y, truth, _ = data
    text = f"{result.score(X, y):.6g}"
    if truth is not None:
        ideal = replace(result, coef_=truth, intercept_=0.0)
        text += f" ({ideal.score(X, y):.6g} with the true coefficients)"
    z = result.decision_function(X)
    if result.classes_ is None:
        return [("R^2", text), ("RMSE", f"{np.sqrt(np.mean((y - z) ** 2)):.6g}")]
    if not result.loss_.probability:
        return [("accuracy", text)]
    loss = np.logaddexp(0.0, np.where(y == result.classes_[1], -z, z)).mean()
    return [("accuracy", text), ("mean log loss", f"{loss:.6g}")]


def show_card(rows: Rows, code: str) -> None:
    """Print the card: a panel on a terminal, else one line per row."""
    console = Console(markup=False, highlight=False)  # brackets in a message are brackets
    if not console.is_terminal:
        lines = [f"{label:<14} {text}" for label, text in rows]
        click.echo("\n".join([*lines, "", "In Python:", "", code]), nl=False)
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    for label, text in rows:
        grid.add_row(label, text, style="yellow" if label == "note" else None)
    console.print(Panel.fit(grid, title="fastgd fit", title_align="left"))
    console.print("\nIn Python:\n")
    console.print(Syntax("", "python", theme="ansi_dark").highlight(code), soft_wrap=True)
