"""Threads that sum the gradients of groups of rows together, taking them from one list.

To wake a thread takes 60 to 200 us, and as long again to get Python's lock: more than a batch of
4096 rows of 100 features does. Here a leader lists the groups and takes one after another, and
whoever else is looking takes some of them. It never waits for a helper that has not come, only for
those at work; helpers that find nothing to do for a while leave.

Each group is added to a row of sums of its own: it is the same bits whoever takes it.
"""

from fastgd.kernels._jit import compiled, unbound
from fastgd.kernels.arguments import Array, Data, Room, Settings
from fastgd.kernels.atomics import add, look, replace, step_aside

sum_gradients = unbound

# Places on the board, each in a cache line of its own. Numbers of groups count up from 0 for as
# long as the team lasts: what a helper has read before it was held up is never taken for new.
NEXT, LISTED, DONE, LEFT, CLOSED, FAILED = (8 * k for k in range(6))
FIRST, START, STOP, FILLED, ROW = (8 * k for k in range(6, 11))
BOARD_SIZE = 88

LOOKS = 2000  # of a helper that finds nothing to do: about a millisecond


@compiled
def list_groups(
    board: Array, start: int, stop: int, filled: int, row: int, group_rows: int
) -> None:
    """List the groups of the visits start..stop; the first has *filled* rows before them."""
    listed = look(board, LISTED)
    board[FIRST], board[START], board[STOP] = listed, start, stop
    board[FILLED], board[ROW] = filled, row
    add(board, LISTED, (stop - start + filled + group_rows - 1) // group_rows)


@compiled
def take_group(board: Array) -> int:
    """Return the number of a group that no one has taken, or -1."""
    while True:
        number: int = look(board, NEXT)
        if number >= look(board, LISTED):
            return -1
        if replace(board, NEXT, number, number + 1):
            return number


def sum_groups(
    data: Data,
    rows: Array,
    coming: Array,
    w: Array,
    b: Array,
    settings: Settings,
    guard: Array,
    room: Room,
    group_rows: int,
    sums: Array,
    tallies: Array,
    board: Array,
    leads: bool,
    start: int,
    stop: int,
    filled: int,
    row: int,
) -> None:
    """Add the gradients of the visits start..stop, by groups, to rows of *sums* from *row* on.

    The leader returns when all of them are summed, a helper when nothing is left to do. Visits are
    of *rows* or, where none are listed, of rows as they lie. The first group may have begun
    before, with *filled* rows. All but *room* and what follows *board* is the same for the whole
    team; *guard* holds one number.
    """
    X, y, weights, weight_scale = data
    if leads:
        list_groups(board, start, stop, filled, row, group_rows)
    looks = 0
    while True:
        number = take_group(board)
        if number >= 0:
            k = number - board[FIRST]
            first = board[START] - board[FILLED] + k * group_rows
            last = min(board[STOP], first + group_rows)
            first = max(board[START], first)
            k += board[ROW]
            if rows.shape[0] == 0:
                shares = weights[first:last] if weights.shape[0] > 0 else weights
                here = Data(X[first:last], y[first:last], shares, weight_scale)
            else:
                here = data
            visits, soon = rows[first:last], coming[first:last]
            point = w, b, settings, guard[0], room
            sum_gradients(here, visits, soon, *point, group_rows, group_rows, sums[k], tallies[k])
            add(board, DONE, 1)
            looks = 0
        elif leads or looks == LOOKS or look(board, CLOSED) != 0:
            break
        else:
            step_aside()
            looks += 1
    if leads:
        while look(board, DONE) < board[LISTED] and look(board, FAILED) == 0:
            step_aside()
    else:
        add(board, LEFT, 1)
