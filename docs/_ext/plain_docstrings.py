"""Docstrings as they are written for `help()`: |z - y| is an absolute value, not markup."""

import re
from typing import Any

BARS = re.compile(r"(``.*?``)|\|")
HINTS = ", **unknown"  # catches keywords that are misspelt
MADE_BY_US = {"Comparison", "FitResult", "Progress", "StopReason", "Suggestion"}


def escape(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Keep bars from being read as markup, outside of code."""
    for k, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            lines[k] = BARS.sub(lambda bar: bar[1] or r"\|", line)


def drop(
    app: Any, what: str, name: str, obj: Any, options: Any, signature: str, answer: str
) -> tuple[str, str] | None:
    """Leave out the signatures of classes that users never call, and what only gives hints."""
    if name.rpartition(".")[2] in MADE_BY_US:
        return "", ""
    if signature and HINTS in signature:
        return signature.replace(HINTS, ""), answer
    return None


def setup(app: Any) -> dict[str, Any]:
    """Listen, after numpydoc."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", escape, priority=600)
    app.connect("autodoc-process-signature", drop, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
