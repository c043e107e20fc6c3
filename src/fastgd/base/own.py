"""Which classes are this package's."""

PACKAGE = __name__.partition(".")[0]


def is_own(row: type) -> bool:
    """Return True if a class is defined in this package, and not by a user."""
    return row.__module__.partition(".")[0] == PACKAGE
