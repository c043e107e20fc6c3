"""The text that `fastgd fit` prints: the data, the run, the quality of the fit, the Python code."""

import shutil
import textwrap
from typing import TypeAlias

import click
from rich.console import Console
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table

from fastgd.base.quantities import LINE, write_count
from fastgd.cli.fit.report import Report

LABEL = 15  # characters in front of what is said
Rows: TypeAlias = list[tuple[str, str]]  # what, and what there is to say


def describe(report: Report) -> Rows:
    """Return the rows of the card."""
    return [
        *describe_data(report),
        *describe_run(report),
        *describe_quality(report.quality),
        ("stopped", str(report.result.stop_reason)),
        *([("saved", str(report.job.out))] if report.saved else []),
        *(("note", text) for text in [*report.remarks, *report.warnings]),
    ]


def describe_data(report: Report) -> Rows:
    """Return what the table is and what was done to it."""
    n_features, origin = len(report.result.coef_), report.job.origin
    table = f"{report.n_rows:,} rows x {n_features:,} features, {report.dtype}"
    rows = [("data", f"{table}, {origin.done} in {report.seconds:.2g} s")]
    if target := report.result.notes.get("encoding", {}).get("target"):
        rows.append(("target", str(target)))
    if report.job.standardize:
        rows.append(("columns", "centred and scaled to variance 1 for the fit"))
    return rows


def describe_run(report: Report) -> Rows:
    """Return what ran and what it took."""
    result = report.result
    rate, history = result.learning_rate_, result.history
    rate_text = f"{rate:.4g}" if isinstance(rate, float) else str(rate)
    chosen = "given" if result.mode == "textbook" else "self-tuned"
    size = f", {result.batch_size_:,} rows per step" if result.variant == "minibatch" else ""
    passes = write_count(history["passes"][-1], "pass", "passes")
    compiling = f"(+ {report.compile_seconds:.2g} to compile or load)"
    return [
        ("ran", f"{result.variant}, {result.optimizer_.name}, {result.loss_.name}{size}"),
        ("learning rate", f"{rate_text} ({chosen})"),
        ("epochs", f"{result.n_iter_:,} ({passes} over the rows)"),
        ("seconds", f"{history['seconds'][-1]:.3g} {compiling}"),
        *([("precision", result.precision)] if result.precision else []),
    ]


def describe_quality(quality: dict[str, float]) -> Rows:
    """Return how well it fits."""
    texts = {label: f"{number:.6g}" for label, number in quality.items()}
    if truth := texts.pop("true coefficients", ""):
        first = next(iter(texts))
        texts[first] += f" ({truth} with the true coefficients)"
    return [*texts.items()]


def write_row(label: str, text: str) -> str:
    """Return a row of the card as lines, those after the first indented."""
    lines = textwrap.fill(
        text,
        min(LINE, shutil.get_terminal_size().columns),
        initial_indent=f"{label:<{LABEL - 1}} ",
        subsequent_indent=" " * LABEL,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or label


def show_card(rows: Rows, code: str) -> None:
    """Print the card: a panel on a terminal, else a line per row, wrapped at 80 columns."""
    console = Console(markup=False, highlight=False)  # brackets in a message are brackets
    if not console.is_terminal:
        lines = [write_row(label, text) for label, text in rows]
        click.echo("\n".join([*lines, "", "In Python:", "", code]), nl=False)
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    for label, text in rows:
        grid.add_row(label, text, style="yellow" if label == "note" else None)
    console.print(Panel.fit(grid, title="fastgd fit", title_align="left"))
    console.print("\nIn Python:\n")
    console.print(Syntax("", "python", theme="ansi_dark").highlight(code), soft_wrap=True)
