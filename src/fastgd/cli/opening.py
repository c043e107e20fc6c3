"""Opening files: of data, whose kinds are listed here, and of models."""

from collections.abc import Iterable
from pathlib import Path

import click

import fastgd
from fastgd.cli.datafile import File
from fastgd.cli.numpy_file import open_array, open_arrays
from fastgd.cli.polars_file import open_parquet, open_text

SEPARATORS = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}
KINDS = (".npy", ".npz", ".parquet", *SEPARATORS)


def open_file(
    path: Path, target: str | None = None, weight: str | None = None, texts: Iterable[str] = ()
) -> File:
    """Open a file of data; the columns *texts* of it are text, whatever they look like."""
    suffix = kind_of(path)
    check_file(path)
    if suffix == ".npy":
        return open_array(path)
    if suffix == ".npz":
        return open_arrays(path, target, weight)
    if suffix == ".parquet":
        return open_parquet(path)
    return open_text(path, SEPARATORS[suffix], texts)


def open_model(path: Path) -> fastgd.FitResult:
    """Read a saved model."""
    check_file(path)
    return fastgd.load(path)


def check_file(path: Path) -> None:
    """Refuse a path where there is no file."""
    if not path.exists():
        raise click.UsageError(f"{path} does not exist.")
    if not path.is_file():
        raise click.UsageError(f"{path} is not a file.")


def kind_of(path: Path) -> str:
    """Return the suffix of a file of data."""
    for suffix in KINDS:
        if path.name.lower().endswith(suffix):
            return suffix
    raise click.UsageError(f"--data must end in {', '.join(KINDS)}; got {path}.")
