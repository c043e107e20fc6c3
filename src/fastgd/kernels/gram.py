"""Products with a Gram matrix, the same bits however many threads a BLAS would take."""

from fastgd.base.types import Array
from fastgd.kernels.compiler.jit import compiled_apart
from fastgd.kernels.lines import at
from fastgd.kernels.rows import dot


@compiled_apart
def multiply(matrix: Array, v: Array, out: Array) -> None:
    """Write matrix @ v to *out*."""
    size = v.shape[0]
    for i in range(out.shape[0]):
        out[i] = dot(at(matrix, i * size), at(v, 0), size)
