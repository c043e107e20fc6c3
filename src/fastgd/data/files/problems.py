"""Columns that cannot be used, and the error that names all of them."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MISSING_OPTION = "--drop-missing"
COUNTED = " (counted from 0)"


@dataclass(frozen=True)
class Problem:
    """Why a column cannot be used, and what to type."""

    name: str
    what: str  # after the column's name, as in "has 2 missing values, the first in row 1"
    options: tuple[str, ...]  # with which the command works; none if the file has to be changed
    cure: str  # what the options do, or what else to do
    why: str = ""  # the rest of the sentence if this is the only problem


def drop(name: str, what: str, why: str = "") -> Problem:
    """Return the problem of a column that can only be left out."""
    option = f"--drop {shlex.quote(name)}"
    return Problem(name, what, (option,), f"leave it out with {option}", why)


def refuse_all(path: Path, problems: Sequence[Problem]) -> None:
    """Refuse a file some of whose columns cannot be used; name them all."""
    if not problems:
        return
    if len(problems) == 1:
        problem = problems[0]
        what = f"{problem.what}{problem.why}"
        raise ValueError(f"column {problem.name!r} of {path} {what}: {problem.cure}.")
    what = ";\n  ".join(f"{p.name!r} {p.what.replace(COUNTED, '')}" for p in problems)
    options = {option for problem in problems for option in problem.options}
    by_kind = sorted(options, key=lambda option: (option == MISSING_OPTION, option))
    wanted = [f"Give {' '.join(by_kind)}"] if options else []
    changes = dict.fromkeys(
        f"{problem.name!r}: {problem.cure}" for problem in problems if not problem.options
    )
    raise ValueError(
        f"{len(problems)} columns of {path} cannot be used (rows are counted from 0):\n  {what}.\n"
        f"{'; '.join([*wanted, *changes])}."
    )
