"""Output files: checks of their paths, and predictions in each format."""

import csv
import os
from collections.abc import Sequence
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import click
import numpy as np

from fastgd.base.files import replacing
from fastgd.base.types import Array
from fastgd.data.files.polars_table import import_polars
from fastgd.plot import check_picture

KINDS = (".csv", ".npy", ".parquet")  # of files of predictions


def check_out(
    out: Path | None, force: bool, inputs: Sequence[Path | None], flag: str = "--out"
) -> None:
    """Raise an error if a file cannot be written, or would replace another one."""
    if out is None:
        if force:
            raise click.UsageError(f"--force is for {flag}; give {flag}, or leave it out.")
        return
    if not out.parent.is_dir():
        raise click.UsageError(f"the folder {out.parent} of {flag} does not exist.")
    if out.exists():
        if not out.is_file():
            raise click.UsageError(f"{flag} {out} is not a file.")
        if any(other and other.exists() and out.samefile(other) for other in inputs):
            raise click.UsageError(f"{flag} {out} is also an input; give another name.")
        if not force:
            raise click.UsageError(
                f"{out} exists: give --force to replace it, or {flag} another name."
            )
    if not os.access(out.parent, os.W_OK):
        raise click.UsageError(f"the folder {out.parent} of {flag} is not writable.")


def check_plot(plot: Path | None) -> None:
    """Raise an error if a figure cannot be drawn, or its name has no known format."""
    if plot is None:
        return
    if find_spec("matplotlib") is None:
        raise ImportError("--plot needs Matplotlib: run `pip install matplotlib`.")
    check_picture(plot)


def check_kind(out: Path | None) -> None:
    """Refuse a file of predictions of no known kind, or that cannot be written here."""
    if out is None:
        return
    if out.suffix.lower() not in KINDS:
        raise click.UsageError(f"--out must end in {', '.join(KINDS)}; got {out}.")
    if out.suffix.lower() == ".parquet":
        import_polars()


def write_predictions(out: Path, columns: dict[str, Array]) -> None:
    """Write columns of predictions, in the kind that the name asks for."""
    with replacing(out) as file:
        if out.suffix.lower() == ".npy":
            values = [*columns.values()]
            array = values[0] if len(values) == 1 else np.column_stack(values)
            np.save(file, array, allow_pickle=False)
        elif out.suffix.lower() == ".parquet":
            import_polars().DataFrame(columns).write_parquet(file)
        else:
            text = TextIOWrapper(file, encoding="utf-8", newline="")
            write_csv(text, columns)
            text.detach()


def write_csv(stream: TextIO, columns: dict[str, Array]) -> None:
    """Write columns as text, under their names."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(values.tolist() for values in columns.values()), strict=True))
