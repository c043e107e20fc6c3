"""Write Python code: calls and values."""

import json
from typing import Any

from fastgd.losses import Loss

NARROW = 80  # characters in a line of the usual terminal


def write_call(names: str, function: str, *arguments: str, **keywords: Any) -> str:
    """Return a call in Python whose value gets *names*, on one line if that is short enough."""
    parts = [*arguments, *(f"{name}={write_value(v)}" for name, v in keywords.items())]
    line = f"{names} = {function}({', '.join(parts)})"
    if len(line) < NARROW:
        return line
    return "\n".join([f"{names} = {function}(", *(f"    {part}," for part in parts), ")"])


def write_value(value: Any) -> str:
    """Return a value in Python, as a careful person would write it."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(write_value, value))}]"
    if isinstance(value, Loss):
        return f"fastgd.{value!r}"
    return f"{value:_}" if type(value) is int else repr(value)
