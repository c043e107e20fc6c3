"""In which coordinates steps are taken, and what that means for constant columns."""

import numpy as np

from fastgd.data.frames import Names, name_columns
from fastgd.planning.pilot.coordinates import Coordinates
from fastgd.planning.pilot.estimates import Scaling
from fastgd.planning.request import Request


def choose_scaling(request: Request) -> Scaling:
    """Return how columns are scaled if steps are not preconditioned."""
    if request.scaling == "standardize":
        return "standardize"
    if request.preconditioner == "diagonal":
        return "rms"
    return "standardize" if request.self_tuned and request.scaling == "auto" else "none"


def scaling_reason(
    request: Request, coordinates: Coordinates | None, *, preconditioned: bool
) -> str:
    """Say how columns are scaled, and from what; "" if they are not."""
    if preconditioned:
        return "none needed: steps are multiplied by the inverse Hessian of a sample of rows"
    if coordinates is None or (coordinates.scale == 1).all():
        return ""
    centred = "centred and " if coordinates.mean.any() else ""
    shown = "a sample of rows shows" if request.self_tuned else "all rows show"
    return f"columns are {centred}scaled by what {shown}, without a copy of X"


def constant_reason(row_coordinates: Coordinates | None, names: Names) -> str:
    """Say which columns are constant, if any are."""
    if row_coordinates is None:
        return ""
    zero = set(np.flatnonzero(row_coordinates.scale == 0).tolist())
    columns = sorted(zero - set(row_coordinates.unresolved))
    what = "column that is constant gets" if len(columns) == 1 else "columns that are constant get"
    return f"{name_columns(names, columns)}: {what} a coefficient of 0" if columns else ""
