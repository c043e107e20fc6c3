"""Full passes: the sum of all rows' gradients, in fixed blocks, on any number of threads."""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from fastgd.base.threads import Workers
from fastgd.base.types import Array, Floats
from fastgd.data.sources import Source
from fastgd.gradients.binding import loss_arguments, loss_kernel
from fastgd.gradients.team import IN_ORDER, Team, empty_sums
from fastgd.kernels.arguments import LOSS, NOT_FINITE, TALLY_SIZE, WEIGHT, Data, Settings
from fastgd.kernels.compiler.jit import load
from fastgd.losses import Loss

BLOCK_VALUES = 1 << 17  # values of X per block: 1 MB of float64
CALL_VALUES = 1 << 24  # values of X between two checks of the clock: some 5 ms
ROW_VALUES = 16  # a row takes as long as so many values more
TASK_VALUES = 1 << 18  # values of X that are worth a thread's 20 us of dispatch


class FullPass:
    """Adds up losses, and gradients if wanted, over the rows in the order of storage.

    Sums are made per block and added in the order of the blocks, so that neither the number of
    threads nor the cuts of a pass change a bit of them.
    """

    def __init__(self, source: Source, loss: Loss, n_threads: int, gradients: bool) -> None:
        self.source, self.loss, self.n_threads = source, loss, n_threads
        self.gradients = gradients
        self.block_rows = max(4, BLOCK_VALUES // (source.d + 1) // 4 * 4)
        self.call_rows = max(1, CALL_VALUES // (self.block_rows * (source.d + 1))) * self.block_rows
        nothing = np.empty(0, source.dtype)
        vectors = (nothing, nothing, nothing, nothing)
        self.settings = Settings(loss_arguments(loss), (), *vectors, np.inf, True)
        self.workers = Workers(n_threads)
        blocks = self.call_rows // self.block_rows if gradients and source.resident else 0
        self.coef = np.zeros(source.d + 1, source.dtype)
        self.team = self._team(self.coef, *empty_sums(1 + blocks, source.d), n_threads)

    def __enter__(self) -> Self:
        """Begin; threads start when the first of them is needed."""
        self.load()
        return self

    def __exit__(self, *failure: Any) -> None:
        """Let no thread stay behind."""
        self.close()

    def close(self) -> None:
        """Let the threads end."""
        self.team.dismiss()
        self.workers.close()

    def load(self) -> None:
        """Compile or fetch the kernel."""
        if self.gradients:
            self.team.load()
        else:
            arguments = self._arguments(self.source.empty(), self.coef, np.zeros((1, TALLY_SIZE)))
            load(loss_kernel(self.loss), *arguments)

    def add(self, coef: Array, start: int, stop: int, g: Floats, tally: Floats) -> None:
        """Add the rows start..stop, where *start* begins a block, to *g* and *tally*."""
        for sums, tallies in self._sums(coef, start, stop):
            # To what was there before, row after row: that is how NumPy sums along them.
            sums[0, : len(g)], tallies[0] = g, tally
            g[:], tally[:] = sums.sum(axis=0)[: len(g)], tallies.sum(axis=0)

    def over_all(self, coef: Array) -> tuple[float, Floats]:
        """Return the weighted mean loss over all rows and its gradient (NaN if not wanted)."""
        g = np.full(len(coef), 0.0 if self.gradients else np.nan)
        tally = np.zeros(TALLY_SIZE)
        self.add(coef, 0, self.source.n, g, tally)
        return mean_loss(tally), g / self.source.n

    def loss_of_constant(self, z: float) -> float:
        """Return the weighted mean loss of predicting *z* for every row."""
        g, tally = np.zeros(1), np.zeros(TALLY_SIZE)
        self.add(np.full(1, z, self.source.dtype), 0, self.source.n, g, tally)
        return mean_loss(tally)

    def _sums(self, coef: Array, start: int, stop: int) -> Iterator[tuple[Floats, Floats]]:
        """Yield the sums and tallies of blocks, with a row before them."""
        together = self.gradients and self.source.resident and len(coef) > 1
        for first in range(start, stop, self.call_rows):
            last = min(first + self.call_rows, stop)
            blocks = -(-(last - first) // self.block_rows)
            if together:
                sums, tallies = self.team.sums[: 1 + blocks], self.team.tallies[: 1 + blocks]
                self.coef[:], sums[:], tallies[:] = coef, 0.0, 0.0
                self.team.sum(self.source.in_place, IN_ORDER, first, last, row=1)
            else:
                sums, tallies = empty_sums(1 + blocks, len(coef) - 1)
                self._sum_apart(coef, first, last, sums[1:], tallies[1:])
            yield sums, tallies

    def _sum_apart(self, coef: Array, start: int, stop: int, sums: Floats, tallies: Floats) -> None:
        """Sum blocks that do not lie ready, or not as the team reads them."""
        blocks, rows = len(sums), self.block_rows
        values = (stop - start) * (len(coef) + ROW_VALUES)
        self.team.dismiss()

        def sum_some(a: int, b: int) -> None:
            first, last = start + a * rows, min(start + b * rows, stop)
            self._sum_blocks(coef, first, last, sums[a:b], tallies[a:b])

        self.workers.share(sum_some, blocks, values // TASK_VALUES)

    def _sum_blocks(
        self, coef: Array, start: int, stop: int, sums: Floats, tallies: Floats
    ) -> None:
        """Sum blocks in one call of the kernel, or one by one if each has to be converted."""
        block = self.source.block if len(coef) > 1 else self.source.targets
        resident = self.source.resident
        at_once = len(sums) if resident else 1
        # Made once: new pages for each block cost time.
        made = None if resident else np.empty((self.block_rows, len(coef) - 1), self.source.dtype)
        alone = self._team(coef, sums, tallies, 1)
        for k in range(0, len(sums), at_once):
            first = start + k * self.block_rows
            data = block(first, min(first + at_once * self.block_rows, stop), made)
            if self.gradients:
                alone.sum(data, IN_ORDER, 0, len(data.y), row=k)
            else:
                loss_kernel(self.loss)(*self._arguments(data, coef, tallies[k : k + at_once]))

    def _team(self, coef: Array, sums: Floats, tallies: Floats, n_threads: int) -> Team:
        how = self.source, self.loss, self.settings
        return Team(*how, coef, sums, tallies, self.block_rows, n_threads, self.workers)

    def _arguments(self, data: Data, coef: Array, tallies: Floats) -> tuple[Any, ...]:
        return data, coef, self.settings, self.block_rows, tallies


def mean_loss(tally: Floats) -> float:
    """Return the weighted mean loss; NaN if a prediction is not finite, which may cost nothing."""
    return float(tally[LOSS] / tally[WEIGHT]) if tally[NOT_FINITE] == 0 else np.nan
