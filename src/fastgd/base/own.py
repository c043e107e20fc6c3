"""Which classes are this package's, and under which module users know them."""

from collections.abc import Iterable, Mapping
from typing import Any

PACKAGE = __name__.partition(".")[0]


def is_own(row: type) -> bool:
    """Return True if a class is defined in this package, and not by a user."""
    return row.__module__.partition(".")[0] == PACKAGE


def name_public_classes(namespace: Mapping[str, Any], names: Iterable[str]) -> None:
    """Let public classes name the package as their module, as tracebacks and pickles show it.

    A class can then move from file to file, and what was pickled before still loads.
    """
    for name in names:
        if isinstance(namespace[name], type):
            namespace[name].__module__ = PACKAGE
