"""Arrays whose memory NumPy allows and careless code trips over."""

import numpy as np


def read_only(values):
    """Return a copy that must not be written to."""
    values = values.copy()
    values.flags.writeable = False
    return values


def unaligned(values):
    """Return a copy that begins at an odd address."""
    raw = np.empty(values.nbytes + 1, dtype=np.uint8)
    table = raw[1:].view(values.dtype).reshape(values.shape)
    table[:] = values
    return table
