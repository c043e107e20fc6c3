"""Lines, compiled and in NumPy, and what is made of them, against sums written out."""

import numpy as np
import pytest

from fastgd.kernels import lines
from fastgd.kernels.compiler.jit import specialise
from fastgd.kernels.gather import gather
from fastgd.kernels.rows import add_four, dot, four_dots, four_dots_and_products, four_squared_norms

DTYPES = ["float32", "float64"]
SIZES = [*range(1, 20), 31, 32, 33, 100]


def numbers(dtype, *shape):
    return np.random.default_rng(sum(shape)).integers(-9, 9, shape).astype(dtype)


def of_arrays(function):
    """Compile a test's own function of arrays."""
    return specialise(function, cache=False)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dots_and_sums_of_any_length(dtype):
    def everything(x, w, s, g, out):
        d = w.shape[0]
        rows = lines.at(x, 0), lines.at(x, d), lines.at(x, 2 * d), lines.at(x, 3 * d)
        v = lines.at(w, 0)
        out[0] = dot(rows[0], v, d)
        out[1], out[2], out[3], out[4] = four_dots(rows, v, d, rows[:2])
        z, p = four_dots_and_products(rows, v, d, rows[:2])
        out[5], out[6], out[7], out[8] = z
        out[9], out[10], out[11], out[12], out[13], out[14] = p
        out[15], out[16], out[17], out[18] = four_squared_norms(rows, v, lines.at(s, 0), d)
        one = x.dtype.type(1)
        two = x.dtype.type(2)
        add_four(lines.at(g, 0), rows, (one, two, one, two), d, rows[:2])

    kernel = of_arrays(everything)
    for d in SIZES:
        x, w, s = numbers(dtype, 4, d), numbers(dtype, d), numbers(dtype, 1, d)[0]
        g, out = np.ones(d + 9), np.empty(19)
        kernel(x, w, s, g[:d], out)
        z, products = x @ w, x @ x.T
        pairs = [products[i, j] for i, j in ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))]
        squares = np.square(x * w + s).sum(axis=1)
        np.testing.assert_array_equal(out, [z[0], *z, *z, *pairs, *squares])
        np.testing.assert_array_equal(g[:d], 1 + x[0] + 2 * x[1] + x[2] + 2 * x[3])
        assert (g[d:] == 1).all()  # nothing is written beyond the end


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_beyond_a_row_is_counted(dtype):
    """What follows it may be anything."""

    def last_dot(x, w):
        return dot(lines.at(x, 0), lines.at(w, 0), 5)

    x, w = np.full(40, np.nan, dtype), np.full(40, np.inf, dtype)
    x[:5], w[:5] = 2, 3
    assert of_arrays(last_dot)(x, w) == 30


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_asked_for_may_lie_anywhere(dtype):
    """It is a hint, and does no harm."""

    def ask(values, offset):
        lines.ask(lines.at(values, 0), offset)

    kernel, values = of_arrays(ask), np.arange(10, dtype=dtype)
    for offset in (0, 9, 10, 10**9, -5):
        kernel(values, offset)
    np.testing.assert_array_equal(values, np.arange(10))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("d", [1, 2, 3, 4, 5, 8, 9, 17])
def test_columns_become_rows(dtype, d):
    n = 60
    X = np.asfortranarray(numbers(dtype, n, d))
    for rows in (
        np.arange(n),
        np.arange(n - 1, n),
        np.array([3, 4, 5, 9, 8, 7, 20, 21, 22, 23, 24, 25, 26, 0, n - 1]),
        np.random.default_rng(0).permutation(n),
    ):
        out = np.full((len(rows) + 1, d), -99, dtype)
        gather(X.T, rows, out[:-1])
        np.testing.assert_array_equal(out[:-1], X[rows])
        assert (out[-1] == -99).all()
