"""Planes: through which two directions of many parameters a picture looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastgd.base.types import Floats
from fastgd.base.validation import as_int, did_you_mean, show
from fastgd.plot.trails import Trail, entry_name
from fastgd.plot.view import find_span

WORDS = ("auto", "leading")
REACH = 3.0  # times the distance at the start: where a path that diverges stops to count


@dataclass(frozen=True)
class Plane:
    """Two directions through a point, and what is written at their axes."""

    origin: Floats  # (n,)
    directions: Floats  # (2, n), orthonormal
    offset: Floats  # (2,): the plane's coordinates of the origin
    labels: tuple[str, str]
    note: str = ""

    def project(self, points: Floats) -> Floats:
        """Return the coordinates of points in the plane, shape (n_points, 2)."""
        with np.errstate(all="ignore"):
            projected: Floats = (points - self.origin) @ self.directions.T + self.offset
        return projected


def choose_plane(plane: Any, trails: list[Trail], optimum: Floats) -> Plane:
    """Return the plane that is asked for, through the optimum."""
    count = len(optimum)
    if count == 1:
        raise ValueError(
            "plot_descent_2d draws two parameters or more; got paths of one parameter: use "
            "plot_descent_1d."
        )
    if isinstance(plane, str):
        if plane not in WORDS:
            raise _refused(plane, did_you_mean(plane, WORDS))
        if plane == "auto" and count == 2:
            return slice_plane((0, 1), trails[0], optimum)
        return leading_plane(trails, optimum)
    return slice_plane(_read_pair(plane, trails[0].names), trails[0], optimum)


def _refused(plane: Any, hint: str = "") -> ValueError | TypeError:
    kind = ValueError if isinstance(plane, (str, tuple, list)) else TypeError
    return kind(
        'plane must be "auto", "leading" or a pair of different parameters, as numbers or names; '
        f"got {show(plane)}.{hint}"
    )


def _read_pair(plane: Any, names: Sequence[str]) -> tuple[int, int]:
    """Return the numbers of two parameters, given as numbers or names."""
    if not isinstance(plane, (tuple, list)) or len(plane) != 2:
        raise _refused(plane)
    read: list[int] = []
    for asked in plane:
        place = as_int(asked)
        name = entry_name(asked) if isinstance(asked, (tuple, list)) else asked
        if isinstance(name, str) and name in names:
            place = names.index(name)
        elif place is None or not -len(names) <= place < len(names):
            hint = did_you_mean(asked, names) if isinstance(asked, str) else ""
            raise ValueError(
                f"plane must name two of the {len(names)} parameters {show([*names])}; got "
                f"{show(asked)}.{hint}"
            )
        read.append(place % len(names))
    if read[0] == read[1]:
        raise _refused(plane)
    return read[0], read[1]


def slice_plane(pair: tuple[int, int], trail: Trail, optimum: Floats) -> Plane:
    """Return the plane of two parameters, the others at the optimum."""
    directions = np.eye(len(optimum))[list(pair)]
    first, second = (trail.axis_names[j] for j in pair)
    note = "a slice: the other parameters are at the optimum" if len(optimum) > 2 else ""
    return Plane(optimum, directions, optimum[list(pair)], (first, second), note)


def leading_plane(trails: list[Trail], optimum: Floats) -> Plane:
    """Return the plane about the optimum in which the paths move most.

    Principal directions of all paths together, each of the same weight whatever its number of
    points (Li, Xu, Taylor, Studer, Goldstein, "Visualizing the loss landscape of neural nets",
    2018, section 7, where the last point is the centre). Points of a path that diverged do not
    count.
    """
    span = find_span(optimum, [trail.points for trail in trails], REACH)
    moves = [np.zeros((2, len(optimum)))]  # so that there are two directions, come what may
    for trail in trails:
        shown = trail.points[: span.leaves(trail.points)]
        moves.append((shown - optimum) / np.sqrt(max(len(shown), 1)))
    _, sizes, basis = np.linalg.svd(np.vstack(moves), full_matrices=False)
    shares = sizes[:2] ** 2 / (np.sum(sizes**2) or 1.0)
    # A direction's sign says nothing: let its largest entry be positive.
    largest = np.abs(basis[:2]).argmax(axis=1)
    directions = basis[:2] * np.sign(basis[[0, 1], largest])[:, None]
    first, second = (
        f"along direction {k} ({100 * share:.3g} % of the movement)"
        for k, share in enumerate(shares, start=1)
    )
    return Plane(optimum, directions, np.zeros(2), (first, second))
