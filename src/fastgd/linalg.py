"""Products and inverses whose bits do not depend on how many threads the BLAS takes.

OpenBLAS cuts a matrix into parts for its threads, and the columns at the edge of a part are added
up in another order, unless parts and matrix end where its vectors do. So sizes are padded, and
only small matrices are handed to LAPACK.
"""

import numpy as np

from fastgd.kernels.arguments import Array
from fastgd.passes import Floats

WHOLE = 64  # to a multiple of which sizes are padded; up to it, LAPACK takes one thread


def padded(size: int) -> int:
    """Return the size that a matrix of so many columns has to have."""
    return -(-size // WHOLE) * WHOLE


def products(rows: Array) -> Floats:
    """Return rows.T @ rows, of float64 and at most some thousand rows."""
    size, wide = rows.shape[1], _widened(rows)
    return np.ascontiguousarray((wide.T @ wide)[:size, :size])


def rows_times(rows: Array, matrix: Floats) -> Floats:
    """Return rows @ matrix, a square one."""
    size = len(matrix)
    wide = np.zeros((padded(size), padded(size)))
    wide[:size, :size] = matrix
    return (_widened(rows) @ wide)[:, :size]


def _widened(rows: Array) -> Floats:
    wide = np.zeros((rows.shape[0], padded(rows.shape[1])))
    wide[:, : rows.shape[1]] = rows
    return wide


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
        Where it is not positive definite, up to rounding.
    """
    size = len(matrix)
    wide = np.eye(padded(size))
    wide[:size, :size] = matrix
    root = _inverse_of_factor(wide)
    return np.ascontiguousarray((root.T @ root)[:size, :size])


def _inverse_of_factor(matrix: Floats) -> Floats:
    """Return L^-1, LL' = matrix, by halves (Golub, Van Loan, 4th edition, section 4.2.9)."""
    size = len(matrix)
    if size <= WHOLE:
        return np.asarray(np.linalg.inv(np.linalg.cholesky(matrix)))
    half = size // WHOLE // 2 * WHOLE
    root = np.zeros_like(matrix)
    root[:half, :half] = upper = _inverse_of_factor(matrix[:half, :half])
    across = matrix[half:, :half] @ upper.T
    root[half:, half:] = lower = _inverse_of_factor(matrix[half:, half:] - across @ across.T)
    root[half:, :half] = -(lower @ (across @ upper))
    return root
