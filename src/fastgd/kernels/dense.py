"""Rows of a dense table, in C order: what `gradient` does with a block of them.

Another format of rows has functions of these names, and shares the loops that call them.
"""

from fastgd.base.types import Array
from fastgd.kernels.arguments import (
    DERIVATIVES,
    NORMS,
    PREFETCHED,
    VISITED,
    Data,
    Workspace,
    Z,
)
from fastgd.kernels.compiler.jit import compiled
from fastgd.kernels.lines import at
from fastgd.kernels.rows import (
    QUAD,
    add_four,
    four_dots,
    four_rows,
    four_squared_norms,
    two_ahead,
)


@compiled
def predict_block(data: Data, point: Array, workspace: Workspace, count: int) -> None:
    """Write x.w of the first *count* visited rows to Z; prefetch the first half of those to come.

    The last four rows are computed whole: the list repeats its last row.
    """
    X, y, visited, prefetched = (
        data.X,
        data.y,
        workspace.lists[VISITED],
        workspace.lists[PREFETCHED],
    )
    z = workspace.floats[Z]
    for m in range(0, count, QUAD):
        ahead = two_ahead(X, y, prefetched, m // 2)
        dots = four_dots(four_rows(X, visited, m), at(point, 0), X.shape[1], ahead)
        z[m], z[m + 1], z[m + 2], z[m + 3] = dots


@compiled
def squared_norms(data: Data, units: Array, shift: Array, workspace: Workspace, count: int) -> None:
    """Write ||x * units + shift||^2 of the first *count* visited rows to NORMS."""
    X, visited, norms = data.X, workspace.lists[VISITED], workspace.floats[NORMS]
    for m in range(0, count, QUAD):
        rows = four_rows(X, visited, m)
        found = four_squared_norms(rows, at(units, 0), at(shift, 0), X.shape[1])
        norms[m], norms[m + 1], norms[m + 2], norms[m + 3] = found


@compiled
def add_block(data: Data, total: Array, place: int, workspace: Workspace, count: int) -> None:
    """Add the first *count* visited rows, each times its derivative, to a row of *total*.

    The second half of the rows to come is prefetched. Derivatives after *count* are zero.
    """
    X, y, visited, prefetched = (
        data.X,
        data.y,
        workspace.lists[VISITED],
        workspace.lists[PREFETCHED],
    )
    T, d = X.dtype.type, X.shape[1]
    derivatives, g = workspace.floats[DERIVATIVES], at(total, place * total.shape[1])
    first = (count + QUAD - 1) // QUAD * 2
    for m in range(0, count, QUAD):
        r0, r1 = T(derivatives[m]), T(derivatives[m + 1])
        r2, r3 = T(derivatives[m + 2]), T(derivatives[m + 3])
        ahead = two_ahead(X, y, prefetched, first + m // 2)
        add_four(g, four_rows(X, visited, m), (r0, r1, r2, r3), d, ahead)
