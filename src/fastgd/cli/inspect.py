"""`fastgd inspect`: a saved model, its coefficients by name, its notes."""

from pathlib import Path
from typing import Any

import click
import numpy as np

import fastgd
from fastgd.cli.json_output import facts_of, write_json
from fastgd.cli.options import JSON, MODEL
from fastgd.cli.saved_model import open_model, read_encoding
from fastgd.data.categories.encoding import Column
from fastgd.data.files.roles import Encoding

SHOWN = 20  # coefficients


def inspect_options() -> list[click.Parameter]:
    """Return the arguments and options of `fastgd inspect`."""
    return [
        MODEL,
        click.Option(["--all", "every"], is_flag=True, help="Show every coefficient."),
        JSON,
    ]


@click.command("inspect", params=inspect_options())
def inspect_model(model: Path, every: bool, as_json: bool) -> None:
    """Show a saved model: how it was fitted, and its coefficients, largest first."""
    shown = write_json(model_facts(model)) if as_json else describe_model(model, every=every)
    click.echo(shown)


def describe_model(path: Path, *, every: bool) -> str:
    """Return what `fastgd inspect` prints."""
    model = open_model(path)
    encoding = read_encoding(model)
    lines = [model.summary()]
    if encoding.target is not None:
        lines.append(f"  target         {encoding.target}")
    if encoding.offset is not None:
        lines.append(f"  offset         {encoding.offset}")
    if model.classes_ is not None:
        lines.append(f"  labels         {', '.join(map(str, model.classes_))}; above 0 the last")
    lines += [
        f"  text           {text.name}: {len(text.levels)} levels{describe_baseline(text)}"
        for text in encoding.texts
    ]
    lines += describe_policy(encoding)
    return "\n".join([*lines, "", *describe_coefficients(model, encoding.features, every=every)])


def describe_baseline(column: Column) -> str:
    """Return which level has no column."""
    return "" if column.full else f", baseline {column.levels[column.baseline]!r}"


def describe_policy(encoding: Encoding) -> list[str]:
    """Return what becomes of levels that were not fitted, and of missing values."""
    lines = [("unknown levels", encoding.made.unknown)] if encoding.texts else []
    lines += [("missing values", encoding.made.missing)]
    medians = {c.name: c.median for c in encoding.columns if c.median is not None}
    lines += [("median", f"{name}: {median:.6g}") for name, median in medians.items()]
    return [f"  {name:<14} {text}" for name, text in lines]


def describe_coefficients(
    model: fastgd.FitResult, names: tuple[str, ...], *, every: bool
) -> list[str]:
    """Return the coefficients, the largest first: by what a standard deviation does, if known."""
    coef = model.coef_.astype(np.float64)
    scale = np.asarray(model.notes.get("scale", []), dtype=np.float64)
    has_scale = scale.shape == coef.shape
    effect = coef * scale if has_scale else coef
    order = np.argsort(-np.abs(effect), kind="stable")
    shown = order if every else order[:SHOWN]
    titles = ["coefficient", *(["per std. dev."] if has_scale else []), "column"]
    lines = [
        "  ".join([f"{titles[0]:>14}", *(f"{title:>14}" for title in titles[1:-1]), titles[-1]])
    ]
    for k in shown:
        numbers = [coef[k], *([effect[k]] if has_scale else [])]
        lines.append("  ".join([*(f"{number:>14.6g}" for number in numbers), names[k]]))
    lines.append(
        "  ".join([f"{model.intercept_:>14.6g}", *([" " * 14] if has_scale else []), "(intercept)"])
    )
    if len(shown) < len(order):
        lines.append(f"and {len(order) - len(shown):,} smaller coefficients: --all shows them")
    return lines


def model_facts(path: Path) -> dict[str, Any]:
    """Return what `fastgd inspect --json` prints."""
    model = open_model(path)
    return {"model": str(path), **facts_of(model), "notes": model.notes}
