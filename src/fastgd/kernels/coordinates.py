"""Rows, gradients and coefficients in coordinates u = x * units + shift, and back."""

from fastgd.base.types import Array
from fastgd.kernels.compiler.jit import compiled
from fastgd.kernels.lines import Pointer, plus_product, read, width, write


@compiled
def transform_four(
    rows: tuple[Pointer, Pointer, Pointer, Pointer],
    out: tuple[Pointer, Pointer, Pointer, Pointer],
    units: Pointer,
    shift: Pointer,
    d: int,
) -> None:
    """Write four rows, as they are in these coordinates, to *out*: units are loaded once."""
    x0, x1, x2, x3 = rows
    u0, u1, u2, u3 = out
    for j in range(0, d, width(x0)):
        unit, zero = read(units, j, d - j), read(shift, j, d - j)
        write(u0, j, plus_product(zero, read(x0, j, d - j), unit), d - j)
        write(u1, j, plus_product(zero, read(x1, j, d - j), unit), d - j)
        write(u2, j, plus_product(zero, read(x2, j, d - j), unit), d - j)
        write(u3, j, plus_product(zero, read(x3, j, d - j), unit), d - j)


@compiled
def transform_one(x: Pointer, out: Pointer, units: Pointer, shift: Pointer, d: int) -> None:
    """Write a row, as it is in these coordinates, to *out*."""
    for j in range(0, d, width(x)):
        u = plus_product(read(shift, j, d - j), read(x, j, d - j), read(units, j, d - j))
        write(out, j, u, d - j)


@compiled
def transform_gradient(g: Array, units: Array, shift: Array) -> None:
    """Turn a gradient in coefficients as they are into that in these coordinates."""
    d = units.shape[0]
    for j in range(d):
        g[j] = units[j] * g[j] + shift[j] * g[d]


@compiled
def inverse_transform(point: Array, coef: Array, units: Array, shift: Array) -> None:
    """Write to *coef* what coefficients *point* in these coordinates are as they are."""
    d = units.shape[0]
    intercept = float(point[d])
    for j in range(d):
        coef[j] = units[j] * point[j]
        intercept += float(shift[j]) * float(point[j])
    coef[d] = intercept
