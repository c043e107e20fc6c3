"""A team: the thread that asks for gradients, and others that help it to sum them."""

from functools import cached_property
from typing import Any

import numpy as np

from fastgd.base.threads import Workers
from fastgd.base.types import Array, Floats
from fastgd.data.sources import Source
from fastgd.gradients.binding import gradient_kernel
from fastgd.kernels.arguments import (
    TALLY_SIZE,
    Data,
    Groups,
    RowList,
    Settings,
    Span,
    Workspace,
)
from fastgd.kernels.compiler.jit import JIT_ENABLED, Kernel, load
from fastgd.kernels.gradient import make_workspace
from fastgd.kernels.team import BOARD_SIZE, CLOSED, FAILED
from fastgd.losses import Loss

APART = 16  # unused numbers between sums of groups: two cache lines
THREAD_VALUES = 1 << 16  # values of X that are worth a thread's while
_NOTHING = np.empty(0, np.int64)
IN_ORDER = RowList(_NOTHING, _NOTHING)  # all rows
NO_SPAN = Span(0, 0, 0, 0)


class Team:
    """Sums gradients and losses of groups of rows, each group into a row of *sums* and *tallies*.

    Neither the number of threads nor who of them takes which group changes a bit. Gradients are
    those at *coef*, an array that is the team's to read whenever it is asked for a sum.
    """

    def __init__(
        self,
        source: Source,
        loss: Loss,
        settings: Settings,
        coef: Array,
        sums: Floats,
        tallies: Floats,
        group_rows: int,
        n_threads: int,
        workers: Workers,
    ) -> None:
        self.source, self.loss, self.settings = source, loss, settings
        self.coef, self.sums, self.tallies = coef, sums, tallies
        self.group_rows, self.n_threads, self.workers = group_rows, n_threads, workers
        self._clip = np.full(1, np.inf)
        self._board = np.zeros(BOARD_SIZE, np.int64)
        self.workspace = self._make_workspace()
        self._helpers: list[object] = []  # that are looking for something to do, or soon will
        self._failure: BaseException | None = None  # of any of them: a user's loss may raise

    @cached_property
    def kernel(self) -> Kernel:
        """What all of them run."""
        return gradient_kernel(self.loss)

    def load(self) -> None:
        """Compile or fetch the kernel."""
        load(self.kernel, *self._arguments(self.source.empty(), IN_ORDER), True, NO_SPAN)

    def threads(self, rows: int) -> int:
        """Return how many threads are of use for so many rows at a time."""
        if not (JIT_ENABLED and self.source.resident):
            return 1
        worthy = rows * (self.source.d + 1) // THREAD_VALUES
        return max(1, min(self.n_threads, -(-rows // self.group_rows), worthy))

    def sum(
        self,
        data: Data,
        listed: RowList,
        start: int,
        stop: int,
        *,
        filled: int = 0,
        row: int = 0,
        clip: float = np.inf,
    ) -> None:
        """Add the visits start..stop to the sums and tallies, from one of the rows on.

        The first group may have been begun before: it is *filled* with so many rows.
        """
        self._clip[0] = clip
        self._board[CLOSED] = 0
        helpers = self.threads(stop - start) - 1
        while len(self._helpers) < helpers:
            self._enlist(data, listed, helpers)
        if self._failure is None:
            try:
                span = Span(start, stop, filled, row)
                self.kernel(*self._arguments(data, listed), True, span)
            except Exception as failure:  # a group is left unfinished
                self._fail(failure)
        if self._failure is not None:
            raise self._failure

    def dismiss(self) -> None:
        """Let the helpers go, for some time."""
        self._board[CLOSED] = 1

    def _enlist(self, data: Data, listed: RowList, wanted: int) -> None:
        workspace = self._make_workspace()
        self._helpers.append(workspace)
        self.workers.start(wanted, self._help, self._arguments(data, listed, workspace))

    def _help(self, arguments: tuple[Any, ...]) -> None:
        try:
            self.kernel(*arguments, False, NO_SPAN)
        except BaseException as failure:
            self._fail(failure)
        finally:
            self._helpers.pop()

    def _fail(self, failure: BaseException) -> None:
        """Let no thread wait for what was not summed."""
        self._failure = self._failure or failure
        self._board[FAILED] = 1

    def _make_workspace(self) -> Workspace:
        return make_workspace(self.source.d, self.source.dtype.itemsize)

    def _arguments(
        self, data: Data, listed: RowList, workspace: Workspace | None = None
    ) -> tuple[Any, ...]:
        groups = Groups(self.group_rows, self.sums, self.tallies, self._board)
        where = self.coef, self.settings, self._clip, workspace or self.workspace, groups
        return data, listed, *where


def empty_sums(groups: int, d: int) -> tuple[Floats, Floats]:
    """Return sums and tallies of so many groups of rows, the sums in cache lines of their own.

    If threads write to the same cache lines, ten features took twice as long on two as on one.
    """
    return np.zeros((groups, d + 1 + APART)), np.zeros((groups, TALLY_SIZE))
