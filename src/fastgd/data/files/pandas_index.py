"""The index column that pandas or R writes to a file."""

import re
from collections.abc import Sequence

from fastgd.data.files.datafile import File, listed

INDEX = re.compile(r"Unnamed: 0(\.\d+)*|__index_level_\d+__")


def find_index(file: File) -> tuple[str, ...]:
    """Return the columns of a file that are no data but an index: the first one without a name."""
    if not file.named:
        return ()
    first = file.names[:1] if file.names[:1] == ("",) else ()
    return (*first, *(name for name in file.names if INDEX.fullmatch(name)))


def describe_index(file: File, names: Sequence[str]) -> list[str]:
    """Return a remark about the columns of an index that are left out."""
    if not names:
        return []
    what = "column" if len(names) == 1 else "columns"
    return [
        f"the {what} {listed(names)} of {file.path} left out, as an index that pandas or R wrote"
    ]
