"""Which iterates are averaged."""

import math
from typing import Literal

from fastgd.planning.request import Request
from fastgd.planning.stopping import choose_tol, has_gradient_test

TINY = 1e-12  # of a number of steps: rounding

Average = Literal["none", "all", "recent", "tail"]


def choose_average(request: Request) -> Average:
    """Return which iterates are averaged: a mode of `Plan.average`."""
    if request.average == "auto":
        converges = has_gradient_test(request.variant, request.loss)
        return "recent" if request.self_tuned and not converges else "none"
    if request.average == "recent":
        return "recent"
    if isinstance(request.average, float):
        return "tail" if choose_tol(request) is None else "recent"
    return "all" if request.average else "none"


def begin_of_tail(
    request: Request, average: Average, max_iter: int, length: int, batch_size: int
) -> tuple[int, int]:
    """Return the epoch and the visit from which on the last fraction of all steps is averaged."""
    if average != "tail":
        return 0, 0
    steps = -(-length // batch_size)
    counted = float(request.average) * steps * max_iter
    first = steps * max_iter - math.ceil(counted * (1.0 - TINY))
    return first // steps, first % steps * batch_size


def averaging_reason(average: Average, first_epoch: int) -> str:
    """Say which mean of the iterates is returned, if any is."""
    return {
        "none": "",
        "all": "the mean of all iterates is returned",
        "tail": f"the mean of the iterates from epoch {first_epoch + 1} on is returned",
        "recent": "the mean of the iterates of the second half, or more, is returned",
    }[average]
