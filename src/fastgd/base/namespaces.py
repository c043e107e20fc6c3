"""What `dir` lists of a module that users look into."""

from types import FunctionType
from typing import Any


def own_names(names: dict[str, Any]) -> list[str]:
    """Return the public names that a module defines itself: functions, classes, tables."""

    def is_own(name: str, value: Any) -> bool:
        is_defined = isinstance(value, (type, FunctionType))
        return name.isupper() or (is_defined and value.__module__ == names["__name__"])

    return sorted(n for n, value in names.items() if not n.startswith("_") and is_own(n, value))
