"""Products and inverses whose bits do not depend on how many threads the BLAS takes.

OpenBLAS cuts a matrix into parts for its threads, and the columns at the edge of a part are added
up in another order, unless parts and matrix end where its vectors do. So sizes are padded, and
only small matrices are handed to LAPACK.

What few columns take is done in products too small for it to use threads at all: those wait for
more work in a busy loop, for 120 ms, and on two cores whatever else has threads gets half of what
it could have (fits of 500,000 rows of 100 columns took 110 ms, and take 80). Threads of our own,
which end with the sample, take half of its rows each.
"""

from collections.abc import Iterator

import numpy as np

from fastgd.base.threads import Workers
from fastgd.base.types import Array, Floats

WHOLE = 64  # to a multiple of which sizes are padded; up to it, LAPACK takes one thread
MIN_ROWS, ROWS_PER_COLUMN = 512, 4  # that are multiplied at a time
FEW_COLUMNS = 4 * WHOLE
UNSHARED = 1 << 18  # multiplications of a product that OpenBLAS hands to no other thread
ALONE = Workers(1)


def padded(size: int) -> int:
    """Return the size that a matrix of so many columns has to have."""
    return -(-size // WHOLE) * WHOLE


def products(
    rows: Array,
    centre: Floats | None = None,
    weights: Floats | None = None,
    workers: Workers = ALONE,
) -> Floats:
    """Return the sum of (x - centre)(x - centre)', by weight, over rows of float64."""
    size = rows.shape[1]
    parts = _parts(len(rows), size)
    sums = np.zeros((len(parts), padded(size), padded(size)))

    def add_up(first: int, last: int) -> None:
        for k in range(first, last):
            for here, wide in _widened(rows, centre, *parts[k]):
                if weights is not None:
                    wide[: here.stop - here.start] *= np.sqrt(weights[here])[:, np.newaxis]
                sums[k] += multiply(wide.T, wide)

    workers.share(add_up, len(parts))
    return np.ascontiguousarray(sums.sum(axis=0)[:size, :size])


def forms(
    rows: Array, centre: Floats, matrix: Floats, workers: Workers = ALONE
) -> tuple[Floats, Floats]:
    """Return (x - centre)'matrix(x - centre) and ||x - centre||^2 of each row."""
    size = len(matrix)
    square = np.zeros((padded(size), padded(size)))
    square[:size, :size] = matrix
    values, squared_norms = np.empty(len(rows)), np.empty(len(rows))
    parts = _parts(len(rows), size)

    def measure(first: int, last: int) -> None:
        image = None
        for k in range(first, last):
            for here, wide in _widened(rows, centre, *parts[k]):
                image = multiply(wide, square, out=image)
                count = here.stop - here.start
                values[here] = np.einsum("ij,ij->i", image, wide)[:count]
                squared_norms[here] = np.einsum("ij,ij->i", wide, wide)[:count]

    workers.share(measure, len(parts))
    return values, squared_norms


def multiply(a: Floats, b: Floats, out: Floats | None = None) -> Floats:
    """Return a @ b, of padded sizes; few columns in pieces, for each of which one thread does."""
    if b.shape[1] > FEW_COLUMNS:
        return np.matmul(a, b, out=out)
    out = np.empty((len(a), b.shape[1])) if out is None else out
    size = (UNSHARED // len(b)).bit_length() - 1  # of a piece: two to the power of it
    rows, columns = min(WHOLE, 1 << (size + 1) // 2), min(WHOLE, 1 << size // 2)
    left = a.reshape(-1, 1, rows, len(b))
    right = b.reshape(len(b), -1, columns).transpose(1, 0, 2)
    np.matmul(left, right, out=out.reshape(-1, rows, len(right), columns).transpose(0, 2, 1, 3))
    return out


def _parts(count: int, size: int) -> list[tuple[int, int]]:
    """Return from where to where rows of so many columns are a thread's.

    There are two if it pays, however many threads there are: sums are the same.
    """
    half = count // 2
    return [(0, half), (half, count)] if WHOLE < padded(size) <= FEW_COLUMNS else [(0, count)]


def _widened(
    rows: Array, centre: Floats | None, first: int, last: int
) -> Iterator[tuple[slice, Floats]]:
    """Yield rows first..last less the centre, some at a time, amid zeros, in the same room.

    Pages that are new may cost more than the numbers in them: of 4096 rows of 100 values, 3 ms on a
    virtual machine.
    """
    size, columns = rows.shape[1], padded(rows.shape[1])
    wide = np.zeros((max(MIN_ROWS, ROWS_PER_COLUMN * columns), columns))
    for start in range(first, last, len(wide)):
        here = slice(start, min(start + len(wide), last))
        count = here.stop - start
        np.subtract(rows[here], 0.0 if centre is None else centre, out=wide[:count, :size])
        wide[count:] = 0.0
        yield here, wide


def joined(w: Array, b: float) -> Floats:
    """Return coefficients, then the intercept: np.append takes three times as long."""
    both = np.empty(len(w) + 1)
    both[:-1], both[-1] = w, b
    return both


def dot(v: Floats, w: Floats) -> float:
    """Return v.w."""
    return float(np.einsum("j,j->", v, w))


def times(matrix: Floats, v: Floats) -> Floats:
    """Return matrix @ v."""
    return np.asarray(np.einsum("ij,j->i", matrix, v))


def inverse(matrix: Floats) -> Floats:
    """Return the inverse of a symmetric positive definite matrix.

    Raises
    ------
    numpy.linalg.LinAlgError
        If it is not positive definite, up to rounding.
    """
    size = len(matrix)
    wide = np.eye(padded(size))
    wide[:size, :size] = matrix
    root = _inverse_of_factor(wide)
    return np.ascontiguousarray(multiply(root.T, root)[:size, :size])


def _inverse_of_factor(matrix: Floats) -> Floats:
    """Return L^-1, LL' = matrix, by halves (Golub, Van Loan, 4th edition, section 4.2.9)."""
    size = len(matrix)
    if size <= WHOLE:
        return np.asarray(np.linalg.inv(np.linalg.cholesky(matrix)))
    half = size // WHOLE // 2 * WHOLE
    root = np.zeros_like(matrix)
    root[:half, :half] = upper = _inverse_of_factor(matrix[:half, :half])
    across = multiply(matrix[half:, :half], upper.T)
    root[half:, half:] = lower = _inverse_of_factor(
        matrix[half:, half:] - multiply(across, across.T)
    )
    root[half:, :half] = -multiply(lower, multiply(across, upper))
    return root
