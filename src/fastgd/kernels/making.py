"""Turn independent normal numbers into correlated rows, and their products with coefficients."""

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels.compiler.jit import compiled_apart


@compiled_apart
def correlate_rows(
    X: NDArray[np.float64],
    scale: NDArray[np.float64],
    direction: NDArray[np.float64],
    coef: NDArray[np.float64],
    z: NDArray[np.float64],
) -> None:
    """Scale the columns of *X* in place, reflect its rows across *direction*, set z = X @ coef.

    *direction* is a unit vector: a row x becomes v - 2 (v . direction) direction, v = scale * x.
    """
    for i in range(X.shape[0]):
        x = X[i]
        twice = 0.0
        for j in range(x.shape[0]):
            x[j] *= scale[j]
            twice += x[j] * direction[j]
        twice *= 2.0
        total = 0.0
        for j in range(x.shape[0]):
            x[j] -= twice * direction[j]
            total += x[j] * coef[j]
        z[i] = total
