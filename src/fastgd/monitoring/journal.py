"""`Journal`: what a long run keeps of its steps, evenly spaced and never too much."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Journal:
    """Rows at every so many steps; if there are too many, every other one is dropped."""

    def __init__(self, most: float, every: int = 1) -> None:
        self.most, self.every = most, every
        self._steps: list[NDArray[np.int64]] = []
        self._rows: list[NDArray[np.float64]] = []
        self._count = 0

    def add(self, step: int, rows: NDArray[np.float64]) -> None:
        """Add rows of the steps after *step* that are multiples of `every`."""
        first = (step // self.every + 1) * self.every
        self._append(first + self.every * np.arange(len(rows)), rows)
        while self._count > self.most:
            steps, rows = self.table()
            self._steps, self._rows = [steps[::2]], [rows[::2]]
            self._count, self.every = len(steps[::2]), 2 * self.every

    def steps_to_thinning(self, step: int) -> float:
        """Return after how many more steps every other row is let go."""
        return (step // self.every + self.most - self._count + 1) * self.every - step

    def mark(self, step: int, row: Sequence[float] | NDArray[np.float64]) -> None:
        """Add the row of one step, the first or the last, unless it is there."""
        if self._count == 0 or self._steps[-1][-1] != step:
            self._append(np.array([step]), np.array([row], dtype=np.float64))

    def table(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the steps and their rows."""
        return np.concatenate(self._steps), np.concatenate(self._rows)

    def _append(self, steps: NDArray[np.int64], rows: NDArray[np.float64]) -> None:
        if len(steps):
            self._steps.append(steps)
            self._rows.append(rows)
            self._count += len(steps)
