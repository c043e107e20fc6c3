"""Orders: the sequence in which an epoch visits the rows.

A shuffled order is made in two levels, so that it costs little and the memory still reads whole
pieces: pieces of consecutive rows (16 KiB of float64, 32 rows at most) are put in random order, and
the rows of a buffer of pieces (256 KiB at most, all about as large) are then visited in random
order, the places of every buffer of an epoch in the same one. If the table fits a buffer, that
is a plain uniform shuffle; if a row fills a piece, too. Each epoch draws a new row for the first
piece to begin at. The order depends on (n, d, seed, epoch) and nothing else.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fastgd.base.validation import check_count, check_random_state, refusal
from fastgd.kernels import shuffle as kernels
from fastgd.kernels.compiler.jit import load

Rows = NDArray[np.int64]

PIECE_BYTES = 16384
PIECE_ROWS = 32  # at most: neighbours in a table may be similar
MIN_ROWS = 16  # so many or a multiple: what lies column after column is read by whole lines
BUFFER_BYTES = 1 << 18  # two of them leave half of a second-level cache to others
MIN_PIECES = 16  # in a buffer, however wide the rows
WIDE_BUFFER_BYTES = 1 << 19  # of a larger one, rows are prefetched shortly before their visit
BYTES_PER_VALUE = 8  # whatever the type of X: the order must not depend on it
WINDOW_WORK = 1 << 22  # visits times (features + 16) per window: a few milliseconds of work
VISITS_AHEAD = 12  # visits between the prefetch of a row and its visit, within a buffer
BYTES_AHEAD = 16384  # the same, for rows in the order of storage


@dataclass
class Order:
    """The rows in the order of storage, and what every order can do."""

    n: int
    d: int
    piece_rows: int = field(init=False)  # consecutive rows that stay close together
    buffer_rows: int = field(init=False)  # visits whose rows are gathered at a time
    window: int = field(init=False)  # visits made at a time, whole buffers; `rows` crosses no end
    _rows: Rows = field(init=False, repr=False)  # once: fresh pages each time cost 15 ns a row
    _prefetched: Rows = field(init=False, repr=False)
    _kept: tuple[int, int] = field(init=False, repr=False, default=(-1, -1))
    meets_every_row: ClassVar[bool] = True  # in each epoch

    def __post_init__(self) -> None:
        """Choose the sizes."""
        row_bytes = BYTES_PER_VALUE * self.d
        rows = min(PIECE_ROWS, PIECE_BYTES // row_bytes)
        self.piece_rows = max(MIN_ROWS, rows - rows % MIN_ROWS)
        most = max(MIN_PIECES, BUFFER_BYTES // (self.piece_rows * row_bytes))
        # All buffers about as large: in a small one, rows come last that are all of a few pieces.
        buffers = -(-self.length // (most * self.piece_rows))
        self.buffer_rows = -(-self.length // (buffers * self.piece_rows)) * self.piece_rows
        if self.buffer_rows >= self.length:
            self.piece_rows = self.buffer_rows = self.length
        buffers = WINDOW_WORK // (self.d + 16) // self.buffer_rows
        self.window = max(1, buffers) * self.buffer_rows
        size = min(self.window, self.length)
        self._rows, self._prefetched = np.empty(size, np.int64), np.empty(size, np.int64)

    @property
    def length(self) -> int:
        """How many visits an epoch has."""
        return self.n

    def load(self) -> None:
        """Compile or fetch what makes the order."""

    def rows(self, epoch: int, start: int, stop: int) -> tuple[Rows, Rows]:
        """Return the rows of visits start..stop of an epoch, and those to prefetch meanwhile.

        They lie within a window. The arrays are views, valid until the next window is.
        """
        rows, prefetched, first = self.window_of(epoch, start)
        return rows[start - first : stop - first], prefetched[start - first : stop - first]

    def window_of(self, epoch: int, visit: int) -> tuple[Rows, Rows, int]:
        """Return the same of the whole window of a visit, always in the same two places of memory.

        The third is the visit at which the window begins. The last one is kept: visits may be
        made in small steps.
        """
        first = visit - visit % self.window
        if self._kept != (epoch, first):
            self._kept = (-1, -1)  # while it is being made
            count = min(self.window, self.length - first)
            with np.errstate(over="ignore"):  # without compiled code, NumPy warns of wrapping
                self._fill(epoch, first, self._rows[:count], self._prefetched[:count])
            self._kept = (epoch, first)
        return self._rows, self._prefetched, first

    def prefetch_by(self, buffers: int) -> None:
        """Prefetch rows so many buffers ahead: as many as threads take them in turn."""

    def _fill(self, epoch: int, first: int, rows: Rows, prefetched: Rows) -> None:
        """Fill in a window, which begins at visit *first*, and the rows to prefetch."""
        rows[:] = np.arange(first, first + len(rows))
        ahead = max(1, BYTES_AHEAD // (BYTES_PER_VALUE * self.d))
        np.minimum(rows + ahead, self.n - 1, out=prefetched)

    def stretch(self, epoch: int, start: int, stop: int) -> tuple[Rows, Rows]:
        """Return the rows of whole buffers, in an order good for reading, and of visits.

        The second array holds the place in the first of what is visited first, second and so on.
        """
        rows = self.rows(epoch, start, stop)[0]
        return rows, np.arange(len(rows))


@dataclass
class Injected(Order):
    """An order given by the user, one row of visits per epoch."""

    visits: Rows = field(repr=False)
    meets_every_row: ClassVar[bool] = False

    @property
    def length(self) -> int:
        """How many visits an epoch has."""
        return int(self.visits.shape[1])

    def _fill(self, epoch: int, first: int, rows: Rows, prefetched: Rows) -> None:
        rows[:] = self.visits[epoch, first : first + len(rows)]
        _prefetch_soon(rows, prefetched)


@dataclass
class RandomOrder(Order):
    """An order drawn from a seed."""

    seed: int
    _state: NDArray[np.uint64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Reserve the memory of the generator."""
        super().__post_init__()
        self._state = np.zeros(1, dtype=np.uint64)

    def _seed_place(self, epoch: int, place: int) -> None:
        """Seed the generator for one place of one epoch, far from that of every other."""
        word = f"{self.seed} {epoch} {place}".encode()
        self._state[0] = int.from_bytes(hashlib.blake2b(word, digest_size=8).digest(), "little")


@dataclass
class WithReplacement(RandomOrder):
    """Every visit draws its row independently."""

    meets_every_row: ClassVar[bool] = False

    def load(self) -> None:
        """Compile or fetch what makes the order."""
        load(kernels.fill_below, np.uint64(1), self._rows[:0], self._state)

    def _fill(self, epoch: int, first: int, rows: Rows, prefetched: Rows) -> None:
        self._seed_place(epoch, first)
        kernels.fill_below(np.uint64(self.n), rows, self._state)
        _prefetch_soon(rows, prefetched)


@dataclass
class Shuffled(RandomOrder):
    """Every epoch visits every row once, in a new random order."""

    _pieces: Rows = field(init=False, repr=False)
    _places: Rows = field(init=False, repr=False)  # in a buffer, in the order of their visits
    _laid: Rows = field(init=False, repr=False)  # rows of a window and on, piece after piece
    _offset: int = field(init=False, repr=False, default=0)  # the row where piece 0 begins
    _drawn_epoch: int = field(init=False, repr=False, default=-1)

    def __post_init__(self) -> None:
        """Reserve the memory of the pieces, of a buffer's places and of the rows as laid."""
        super().__post_init__()
        self._pieces = np.empty(self.n // self.piece_rows, dtype=np.int64)
        self._places = np.empty(self.buffer_rows, dtype=np.int64)
        self.prefetch_by(1)

    @property
    def _is_wide(self) -> bool:
        return self.buffer_rows * BYTES_PER_VALUE * self.d > WIDE_BUFFER_BYTES

    def prefetch_by(self, buffers: int) -> None:
        """Prefetch rows so many buffers ahead: as many as threads take them in turn."""
        lead = buffers * self.buffer_rows
        self._laid = np.empty(len(self._rows) + lead, dtype=np.int64)
        if not self._is_wide:
            self._prefetched = self._laid[lead:]
        self._kept = (-1, -1)

    def load(self) -> None:
        """Compile or fetch what makes the order."""
        nothing = self._rows[:0]
        load(kernels.shuffle, nothing, self._state)
        load(kernels.lay_out, nothing, 1, 0, 1, 0, nothing, self._places, nothing)

    def _fill(self, epoch: int, first: int, rows: Rows, prefetched: Rows) -> None:
        if self._drawn_epoch != epoch:
            self._draw_epoch(epoch)
        count = len(rows)
        laid = self._laid[: self.n - first]
        whole = count - count % self.buffer_rows
        table = self._pieces, self.piece_rows, self._offset, self.n
        kernels.lay_out(*table, first, laid, self._places, rows[:whole])
        if whole < count:  # the last buffer is not full
            rows[whole:] = laid[whole:count]
            self._seed_place(epoch, first)
            kernels.shuffle(rows[whole:], self._state)
        if self._is_wide:
            _prefetch_soon(rows, prefetched)
            return
        # While a row is visited, the row at the same place of a later buffer, as that was before
        # its shuffle, is prefetched: memory then reads whole pieces. After the last, nothing.
        lead = len(self._laid) - len(self._rows)
        follow = max(0, len(laid) - lead)
        prefetched[follow:] = rows[follow:]

    def stretch(self, epoch: int, start: int, stop: int) -> tuple[Rows, Rows]:
        """Return the buffers' rows piece after piece, and the order of their visits."""
        rows, places = super().stretch(epoch, start, stop)
        laid = self._laid[start % self.window :][: len(rows)]
        whole = len(rows) - len(rows) % self.buffer_rows
        firsts = np.arange(0, whole, self.buffer_rows)
        places[:whole] = np.add.outer(firsts, self._places).ravel()
        rest = rows[whole:]
        if len(rest):  # the last buffer is not full and was shuffled apart
            by_number = np.argsort(rest)
            laid = np.concatenate([laid[:whole], rest[by_number]])
            places[whole:] = whole + np.argsort(by_number)
        return laid, places

    def _draw_epoch(self, epoch: int) -> None:
        """Draw where the pieces begin, their order, and the order of places in every buffer."""
        self._seed_place(epoch, -1)
        self._offset = int(self._state[0]) % self.n
        for values in (self._pieces, self._places):
            values[:] = np.arange(len(values))
            kernels.shuffle(values, self._state)
        self._drawn_epoch = epoch


def _prefetch_soon(rows: Rows, prefetched: Rows) -> None:
    """Prefetch, with each visit, the row that is visited a few visits later."""
    ahead = max(0, len(rows) - VISITS_AHEAD)
    prefetched[:ahead] = rows[VISITS_AHEAD:]
    prefetched[ahead:] = rows[ahead:]


def make_order(n: int, d: int, seed: int, shuffle: Any) -> Order:
    """Return the order that the argument *shuffle* of `fit` names."""
    if isinstance(shuffle, np.ndarray):
        return Injected(n, d, check_visits(shuffle, n))
    if isinstance(shuffle, str) and shuffle == "replacement":
        return WithReplacement(n, d, seed)
    if isinstance(shuffle, (bool, np.bool_)):
        return Shuffled(n, d, seed) if shuffle else Order(n, d)
    wanted = 'True, False, "replacement" or an integer array (n_epochs, n_visits)'
    raise refusal("shuffle", wanted, shuffle, (str,))


def check_visits(visits: NDArray[Any], n: int) -> Rows:
    """Return an injected order; refuse one that is not a table of rows that exist."""
    if visits.ndim != 2 or visits.dtype.kind not in "iu" or visits.size == 0:
        raise ValueError(
            "shuffle, as an array, must hold integers and have the shape (n_epochs, n_visits); "
            f"got {visits.dtype} of shape {visits.shape}."
        )
    if visits.min() < 0 or visits.max() >= n:
        raise ValueError(
            f"shuffle must name rows from 0 to {n - 1}; got {visits.min()} to {visits.max()}."
        )
    return visits


def fix_random_state(random_state: Any) -> int:
    """Return an integer that stands for *random_state*: an int for itself, else one drawn."""
    checked = check_random_state(random_state)
    if isinstance(checked, int):
        return checked
    return int(np.random.default_rng(checked).integers(2**63))


def draw_seed(random_state: int) -> int:
    """Return the 64 bits that an integer random state seeds an order with."""
    return int(np.random.default_rng(random_state).integers(2**64, dtype=np.uint64))


def visiting_order(
    n: int, d: int, random_state: Any = None, epoch: int = 0, *, shuffle: Any = True
) -> Rows:
    """Return the order in which `fit` visits the rows of a table in one epoch.

    Parameters
    ----------
    n, d : int
        Rows and columns of the table.
    random_state : None, int or numpy.random.Generator
        What `fit` was given. A Generator moves on by one draw.
    epoch : int
        Counted from 0.
    shuffle : True, False, "replacement"
        What `fit` was given.

    Returns
    -------
    ndarray of int64, shape (n,)

    Raises
    ------
    ValueError, TypeError
        For sizes below 1, a negative epoch or a `random_state` that seeds nothing.

    Examples
    --------
    >>> import fastgd
    >>> order = fastgd.visiting_order(5, 2, random_state=0)
    >>> sorted(order.tolist())
    [0, 1, 2, 3, 4]
    """
    check_count("n", n)
    check_count("d", d)
    check_count("epoch", epoch, least=0)
    order = make_order(n, d, draw_seed(fix_random_state(random_state)), shuffle)
    order.load()
    visits = np.empty(order.length, dtype=np.int64)
    for start in range(0, order.length, order.window):
        stop = min(start + order.window, order.length)
        visits[start:stop] = order.rows(epoch, start, stop)[0]
    return visits
