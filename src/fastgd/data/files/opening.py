"""Opening a file of data: the kinds of files are listed here."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from fastgd.data.files.csv_bytes import STDIN
from fastgd.data.files.csv_file import open_text
from fastgd.data.files.datafile import File
from fastgd.data.files.numpy_file import open_array, open_arrays
from fastgd.data.files.parquet_file import open_parquet
from fastgd.data.files.read_options import NOTHING_SAID, Reading

SEPARATORS = {".csv": ",", ".tsv": "\t"}
PACKED = ("", ".gz", ".zip")
TEXT_KINDS = {f"{suffix}{end}": mark for suffix, mark in SEPARATORS.items() for end in PACKED}
KINDS = (".npy", ".npz", ".parquet", *TEXT_KINDS, ".zip")


def open_file(
    path: Path,
    beside: Sequence[str | None] = (),
    texts: Iterable[str] | None = None,
    reading: Reading = NOTHING_SAID,
    missing: str = "error",
) -> File:
    """Open a file of data.

    *beside* are names of arrays beside the table, such as the target; *texts* are the columns that
    a model takes for text, None in a fit; *missing* is what becomes of missing values.
    """
    if path == STDIN:
        return open_text(path, ",", texts, reading, missing)
    suffix = kind_of(path)
    check_file(path)
    if suffix == ".npy":
        return open_array(path, reading, missing, fitting=texts is None)
    if suffix == ".npz":
        return open_arrays(path, beside, reading, missing, fitting=texts is None)
    if suffix == ".parquet":
        return open_parquet(path, texts, reading, missing)
    return open_text(path, TEXT_KINDS.get(suffix, ","), texts, reading, missing)


def is_text_file(path: Path) -> bool:
    """Return True if a file of data is text."""
    return path == STDIN or kind_of(path) in (*TEXT_KINDS, ".zip")


def check_file(path: Path) -> None:
    """Raise an error if a path is not a file."""
    if not path.exists():
        raise ValueError(f"{path} does not exist.")
    if not path.is_file():
        raise ValueError(f"{path} is not a file.")


def kind_of(path: Path) -> str:
    """Return the suffix of a file of data."""
    for suffix in KINDS:
        if path.name.lower().endswith(suffix):
            return suffix
    raise ValueError(
        f"--data must end in {', '.join(KINDS)}, or be - for text on standard input; got {path}."
    )
