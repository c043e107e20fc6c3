"""Names of types."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float64]
Scalar = Any  # a NumPy number of the arrays' type
Args = tuple[Any, ...]  # whatever a user's function is called with besides
