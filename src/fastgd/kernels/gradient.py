"""The sum of the rows' gradients: batch and mini-batch descent stand on it.

Rows are taken a block at a time, small enough to stay in the first-level cache: their predictions,
four by four; then what the loss says of them, in a plain loop that becomes vectors; then the sum.
"""

import numpy as np

from fastgd.base.types import Array
from fastgd.kernels.arguments import (
    DERIVATIVES,
    LOSS,
    NORMS,
    NOT_FINITE,
    PREFETCHED,
    TARGETS,
    VISITED,
    WEIGHT,
    WEIGHTS,
    Data,
    Groups,
    RowList,
    Settings,
    Span,
    Workspace,
    Z,
)
from fastgd.kernels.atomics import add
from fastgd.kernels.compiler.jit import compiled, unbound
from fastgd.kernels.elementary import is_finite
from fastgd.kernels.rows import QUAD, clipped_to, weight_of
from fastgd.kernels.team import DONE, list_groups, next_group, visits_of, wait_for_others

loss = unbound
predict_block = unbound
squared_norms = unbound
add_block = unbound

BLOCK_ROWS = 16  # at most
BLOCK_BYTES = 16384
AHEAD_BYTES = 16384  # between rows taken in order and those prefetched meanwhile


def make_workspace(d: int, itemsize: int) -> Workspace:
    """Return a workspace for blocks of rows, whole quads."""
    block_rows = max(QUAD, min(BLOCK_ROWS, BLOCK_BYTES // max(1, d * itemsize)) // QUAD * QUAD)
    rows_ahead = QUAD * max(1, AHEAD_BYTES // max(1, QUAD * d * itemsize))
    floats = np.ones((5, BLOCK_ROWS))  # ones: the weights of rows that have none
    return Workspace(block_rows, rows_ahead, floats, np.empty((2, BLOCK_ROWS), np.int64))


def sum_gradients(
    data: Data,
    listed: RowList,
    point: Array,
    settings: Settings,
    clip: Array,
    workspace: Workspace,
    groups: Groups,
    leads: bool,
    span: Span,
) -> None:
    """Add the gradients and losses of the visits of *span* to the sums and tallies of *groups*.

    Groups are taken from the list on the board. Blocks begin anew with each group: so it is the
    same bits whoever takes it, and from wherever its rows were gathered. *clip* holds one number,
    that of the settings over the rate.

    The leader returns when all are summed, a helper, to whom *span* is no matter, when nothing is
    left to do. What all of a team share is the same for them but *workspace*.
    """
    if leads:
        list_groups(groups, span)
    while True:
        number = next_group(groups.board, leads)
        if number < 0:
            break
        begin, end, row = visits_of(groups, number)
        for first in range(begin, end, workspace.block_rows):
            list_block(listed, workspace, first, end)
            count = min(workspace.block_rows, end - first)
            sum_block(data, point, settings, clip[0], workspace, groups, row, count)
        add(groups.board, DONE, 1)
    if leads:
        wait_for_others(groups.board)


@compiled
def list_block(listed: RowList, workspace: Workspace, first: int, end: int) -> None:
    """List the rows of a block, the last one again where there are fewer, and those to prefetch."""
    visited, prefetched = workspace.lists[VISITED], workspace.lists[PREFETCHED]
    in_order = listed.rows.shape[0] == 0
    for m in range(workspace.block_rows):
        k = min(first + m, end - 1)
        visited[m] = k if in_order else listed.rows[k]
        prefetched[m] = k + workspace.rows_ahead if in_order else listed.prefetched[k]


def sum_block(
    data: Data,
    point: Array,
    settings: Settings,
    clip: float,
    workspace: Workspace,
    groups: Groups,
    row: int,
    count: int,
) -> None:
    """Add a block of *count* listed rows to a row of the sums and tallies."""
    visited, z, targets = workspace.lists[VISITED], workspace.floats[Z], workspace.floats[TARGETS]
    weights, derivatives = workspace.floats[WEIGHTS], workspace.floats[DERIVATIVES]
    intercept = float(point[point.shape[0] - 1])
    predict_block(data, point, workspace, count)
    for m in range(count):
        targets[m] = data.y[visited[m]]
    if data.weights.shape[0] > 0:
        for m in range(count):
            weights[m] = weight_of(data.weights, data.weight_scale, visited[m])
    loss_sum, weight_sum = groups.tallies[row, LOSS], groups.tallies[row, WEIGHT]
    z_sum, derivative_sum = 0.0, 0.0
    for m in range(count):
        value, derivative = loss(z[m] + intercept, targets[m], settings.loss)
        derivatives[m] = weights[m] * derivative
        loss_sum += weights[m] * value
        weight_sum += weights[m]
        z_sum += z[m]
    groups.tallies[row, LOSS], groups.tallies[row, WEIGHT] = loss_sum, weight_sum
    groups.tallies[row, NOT_FINITE] += not is_finite(z_sum + intercept)
    if settings.clip < np.inf:
        norms, one = workspace.floats[NORMS], 1.0 if settings.fit_intercept else 0.0
        squared_norms(data, settings.units, settings.shift, workspace, count)
        for m in range(count):
            derivatives[m] *= clipped_to(clip, weights[m] * (one + norms[m]))
    for m in range(count):
        derivative_sum += derivatives[m]
    for m in range(count, workspace.block_rows):
        derivatives[m] = 0.0
    groups.sums[row, point.shape[0] - 1] += derivative_sum
    add_block(data, groups.sums, row, workspace, count)
