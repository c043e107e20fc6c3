"""Rows: their predictions, what the loss says of them, their sums, and asking for them in time.

Rows are given as pointers, and the number of their values. Where *ahead* is given, it points to
rows that are visited later: their lines are asked of the memory in step with the work, for
memory delivers at its own pace, and of what is asked for all at once some is forgotten.
"""

from typing import Any

from fastgd.base.types import Array, Scalar
from fastgd.kernels.compiler.jit import compiled, unbound
from fastgd.kernels.lines import (
    Pointer,
    add_to,
    ask,
    at,
    four_totals,
    plus,
    plus_product,
    read,
    times,
    total,
    width,
    zeros,
)

loss = unbound
CLIPPED = False

Two = tuple[Pointer, Pointer]
Four = tuple[Pointer, Pointer, Pointer, Pointer]

QUAD = 4  # rows taken together: the dots share each load of w, one pass adds all four to g


@compiled
def dot(x: Pointer, w: Pointer, d: int) -> Scalar:
    """Return x.w in the arrays' own type; two sums, or each addition would wait for the last."""
    first, second = zeros(x), zeros(x)
    step = width(x)
    for j in range(0, d, 2 * step):
        k = j + step
        first = plus_product(first, read(x, j, d - j), read(w, j, d - j))
        second = plus_product(second, read(x, k, d - k), read(w, k, d - k))
    return total(plus(first, second))


@compiled
def ask_two(first: Pointer, second: Pointer, j: int, d: int) -> None:
    """Ask for two lines of two rows, all of the first row before the second.

    So each cache line, which is two of ours, is asked for twice: mini-batches on 100 features
    reached 54 % of the memory's speed, and 50 % where each was asked for once.
    """
    step = width(first)
    padded = (d + step - 1) // step * step
    for k in (2 * j, 2 * j + step):
        if k < padded:
            ask(first, k)
        else:
            ask(second, k - padded)


@compiled
def four_dots(rows: Four, w: Pointer, d: int, ahead: Two) -> Any:
    """Return the four dots of rows with w: each element of w is loaded once."""
    x0, x1, x2, x3 = rows
    ahead0, ahead1 = ahead
    z0 = z1 = z2 = z3 = zeros(x0)
    for j in range(0, d, width(x0)):
        ask_two(ahead0, ahead1, j, d)
        w_j = read(w, j, d - j)
        z0 = plus_product(z0, read(x0, j, d - j), w_j)
        z1 = plus_product(z1, read(x1, j, d - j), w_j)
        z2 = plus_product(z2, read(x2, j, d - j), w_j)
        z3 = plus_product(z3, read(x3, j, d - j), w_j)
    return four_totals(z0, z1, z2, z3)


@compiled
def four_squared_norms(rows: Four, units: Pointer, shift: Pointer, d: int) -> Any:
    """Return ||x * units + shift||^2 of four rows."""
    x0, x1, x2, x3 = rows
    n0 = n1 = n2 = n3 = zeros(x0)
    for j in range(0, d, width(x0)):
        unit, offset = read(units, j, d - j), read(shift, j, d - j)
        u0 = plus_product(offset, read(x0, j, d - j), unit)
        u1 = plus_product(offset, read(x1, j, d - j), unit)
        u2 = plus_product(offset, read(x2, j, d - j), unit)
        u3 = plus_product(offset, read(x3, j, d - j), unit)
        n0, n1 = plus_product(n0, u0, u0), plus_product(n1, u1, u1)
        n2, n3 = plus_product(n2, u2, u2), plus_product(n3, u3, u3)
    return four_totals(n0, n1, n2, n3)


@compiled
def add_four(g: Pointer, rows: Four, factors: Any, d: int, ahead: Two) -> None:
    """Add four rows, each times its factor, to g, which is loaded and stored once."""
    x0, x1, x2, x3 = rows
    r0, r1, r2, r3 = factors
    ahead0, ahead1 = ahead
    for j in range(0, d, width(x0)):
        ask_two(ahead0, ahead1, j, d)
        first = plus(times(read(x0, j, d - j), r0), times(read(x1, j, d - j), r1))
        second = plus(times(read(x2, j, d - j), r2), times(read(x3, j, d - j), r3))
        add_to(g, j, plus(first, second), d - j)


@compiled
def four_dots_and_products(rows: Four, w: Pointer, d: int, ahead: Two) -> tuple[Any, Any]:
    """Return the dots of four rows with w, and with each other: 01, 02, 12, 03, 13, 23."""
    x0, x1, x2, x3 = rows
    ahead0, ahead1 = ahead
    z0 = z1 = z2 = z3 = p01 = p02 = p12 = p03 = p13 = p23 = zeros(x0)
    for j in range(0, d, width(x0)):
        ask_two(ahead0, ahead1, j, d)
        v0, v1 = read(x0, j, d - j), read(x1, j, d - j)
        v2, v3 = read(x2, j, d - j), read(x3, j, d - j)
        w_j = read(w, j, d - j)
        z0 = plus_product(z0, v0, w_j)
        z1 = plus_product(z1, v1, w_j)
        z2 = plus_product(z2, v2, w_j)
        z3 = plus_product(z3, v3, w_j)
        p01 = plus_product(p01, v0, v1)
        p02 = plus_product(p02, v0, v2)
        p12 = plus_product(p12, v1, v2)
        p03 = plus_product(p03, v0, v3)
        p13 = plus_product(p13, v1, v3)
        p23 = plus_product(p23, v2, v3)
    q01, q02, q12, q03 = four_totals(p01, p02, p12, p03)
    return four_totals(z0, z1, z2, z3), (q01, q02, q12, q03, total(p13), total(p23))


@compiled
def weight_of(weights: Array, weight_scale: float, i: int) -> float:
    """Return the weight of row i relative to the mean weight."""
    if weights.shape[0] > 0:
        return float(weights[i] * weight_scale)
    return 1.0


@compiled
def fetch(X: Array, y: Array, i: int) -> None:
    """Start to load row i into the second-level cache.

    In random order the hardware cannot guess what comes next. Asking for the first-level cache
    instead fills its few miss buffers: 113 ns a row against 55 (100 features, float64).
    """
    d = X.shape[1]
    x = at(X, i * d)
    for j in range(0, d, width(x)):
        ask(x, j)
    fetch_end(X, y, i)


@compiled
def fetch_end(X: Array, y: Array, i: int) -> None:
    """Start to load what the lines of row i leave over: its end, and its target."""
    ask(at(X, (i + 1) * X.shape[1]), -1)  # a row need not begin where a line does
    ask(at(y, i), 0)


@compiled
def four_rows(X: Array, rows: Array, m: int) -> Four:
    """Return where four of the rows lie."""
    d = X.shape[1]
    x0, x1 = at(X, rows[m] * d), at(X, rows[m + 1] * d)
    return x0, x1, at(X, rows[m + 2] * d), at(X, rows[m + 3] * d)


@compiled
def two_ahead(X: Array, y: Array, rows: Array, m: int) -> Two:
    """Return where two of the rows lie; ask for what their lines leave over."""
    d = X.shape[1]
    fetch_end(X, y, rows[m])
    fetch_end(X, y, rows[m + 1])
    return at(X, rows[m] * d), at(X, rows[m + 1] * d)


def meet(
    x: Pointer,
    d: int,
    z: Scalar,
    y: Scalar,
    weight: float,
    parameters: tuple[float, ...],
    clip: float,
    one: float,
) -> tuple[float, float]:
    """Return a row's weighted loss and derivative."""
    value, derivative = loss(float(z), float(y), parameters)
    if CLIPPED:
        derivative *= clipped_to(clip, weight * (one + dot(x, x, d)))
    return weight * value, weight * derivative


@compiled
def clipped_to(clip: float, size: float) -> float:
    """Return by what a derivative is multiplied: min(1, clip / size)."""
    return clip / size if size > clip else 1.0
