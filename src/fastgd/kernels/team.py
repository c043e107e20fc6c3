"""Threads that sum the gradients of groups of rows together, taking them from one list.

To wake a thread takes 60 to 200 us, and then it has to get Python's lock: a batch of 4096 rows of
100 features takes no longer. Here a leader lists the groups and takes one after another, and
whoever else is looking takes some of them. It never waits for a helper that has not come, only for
those at work; helpers that find nothing to do for a while leave.

Each group is added to a row of sums of its own: it is the same bits whoever takes it.
"""

from fastgd.base.types import Array
from fastgd.kernels.arguments import Groups, Span
from fastgd.kernels.atomics import add, look, replace, step_aside
from fastgd.kernels.compiler.jit import compiled

# Places on the board, each in a cache line of its own. Numbers of groups count up from 0 for as
# long as the team lasts: what a helper has read before it was held up is never taken for new.
NEXT, LISTED, DONE, CLOSED, FAILED = (8 * k for k in range(5))
FIRST, START, STOP, FILLED, ROW = (8 * k for k in range(5, 10))
BOARD_SIZE = 80

LOOKS = 2000  # of a helper that finds nothing to do: about a millisecond where cores are idle


@compiled
def list_groups(groups: Groups, span: Span) -> None:
    """List the groups that these visits are of."""
    board = groups.board
    board[FIRST], board[START], board[STOP] = look(board, LISTED), span.start, span.stop
    board[FILLED], board[ROW] = span.filled, span.row
    add(board, LISTED, (span.stop - span.start + span.filled + groups.rows - 1) // groups.rows)


@compiled
def next_group(board: Array, leads: bool) -> int:
    """Return the number of a group that is now the caller's, or -1 where there is none.

    A helper waits for one, but not for long.
    """
    looks = 0
    while True:
        number: int = look(board, NEXT)
        if number < look(board, LISTED):
            if replace(board, NEXT, number, number + 1):
                return number
        elif leads or looks == LOOKS or look(board, CLOSED) != 0:
            return -1
        else:
            step_aside()
            looks += 1


@compiled
def visits_of(groups: Groups, number: int) -> tuple[int, int, int]:
    """Return where the visits of a group begin and end, and the row of its sums."""
    board = groups.board
    group = number - board[FIRST]
    begin = board[START] - board[FILLED] + group * groups.rows
    end = min(board[STOP], begin + groups.rows)
    row = board[ROW] + group if groups.sums.shape[0] > 1 else 0
    return max(board[START], begin), end, row


@compiled
def wait_for_others(board: Array) -> None:
    """Wait for groups that helpers are at."""
    while look(board, DONE) < board[LISTED] and look(board, FAILED) == 0:
        step_aside()
