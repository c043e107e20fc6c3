"""The way of X through one fit: into few files, from upper wings to lower ones, and never back."""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest

import fastgd

ROOT = Path(__file__).parents[1]
PACKAGE = Path(fastgd.__file__).parent
MOST_FILES = 20
RNG = np.random.default_rng(0)
X = RNG.standard_normal((5000, 8))
Y = X @ np.arange(8.0) + RNG.standard_normal(5000)


def floors() -> dict[str, int]:
    """The floor of each wing, from the top."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    return {wing.strip(): k for k, row in enumerate(layers) for wing in row.split("|")}


def file_of(code: CodeType) -> str | None:
    path = Path(code.co_filename)
    return path.relative_to(PACKAGE).as_posix() if PACKAGE in path.parents else None


def holds_X(value: Any, depth: int = 0) -> bool:
    """Whether a value is X, a view of it, or a source, a table or a block of rows around it."""
    if isinstance(value, np.ndarray):
        return value.dtype == X.dtype and np.may_share_memory(value, X)
    if depth == 2:
        return False
    inside = value if isinstance(value, tuple) else ()
    if type(value).__module__.startswith("fastgd"):
        inside = (*inside, *getattr(value, "__dict__", {}).values())
    return any(holds_X(item, depth + 1) for item in inside)


def is_handed_X(frame: FrameType) -> bool:
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    values = (frame.f_locals[name] for name in names if name in frame.f_locals and name != "self")
    return any(map(holds_X, values))


def files_below(frame: FrameType) -> Iterator[str]:
    """The files of the callers, from the nearest on."""
    caller = frame.f_back
    while caller is not None:
        if (name := file_of(caller.f_code)) is not None:
            yield name
        caller = caller.f_back


def calls_with_X() -> list[tuple[str, list[str]]]:
    """Each function of the package that X is handed to: its file and those of its callers."""
    found = []

    def watch(frame: FrameType, event: str, _: Any) -> None:
        name = file_of(frame.f_code) if event == "call" else None
        if name is None:
            return
        sys.setprofile(None)
        try:
            if is_handed_X(frame):
                found.append((name, [*files_below(frame)]))
        finally:
            sys.setprofile(watch)

    sys.setprofile(watch)
    try:
        fastgd.fit(X, Y, random_state=0)
    finally:
        sys.setprofile(None)
    return found


@pytest.mark.compiled
def test_X_is_handed_down_through_few_files():
    floor, calls = floors(), calls_with_X()
    files = {name for name, _ in calls}
    assert {"fitting/fit.py", "planning/plan.py", "descent/run.py", "data/sources.py"} <= files
    assert len(files) <= MOST_FILES, sorted(files)
    for name, callers in calls:
        here = floor[name.partition("/")[0]]
        between = callers[: callers.index(name)] if name in callers else callers
        lowest = max((floor[caller.partition("/")[0]] for caller in between), default=here)
        assert lowest <= here, f"{name} is entered from below: {between}"
