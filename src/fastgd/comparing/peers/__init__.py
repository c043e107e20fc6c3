"""Competing solvers for the objective of a comparison, run at their best known settings.

A peer is a generator function of a `Problem` and a seed. It yields ``(passes, point)`` each time it
has a point to show: first the start, before which it may import and compile, then as often as it
can. `passes` counts row gradients divided by rows, NaN if the method has no such count; `point` is
a float64 array (d + 1,), the intercept last. `serves` adds a peer to the table `PEERS`, with the
losses that it can minimise. Each library has a file of its own.
"""

from fastgd.comparing.peers import numpy_peers, sklearn_peers  # noqa: F401  they fill PEERS
from fastgd.comparing.peers.steps import EPOCHS, TailAverage, stable_rate, start
from fastgd.comparing.peers.table import PEERS, Known, read_peers, serves
from fastgd.comparing.trace import Peer

__all__ = [
    "EPOCHS",
    "PEERS",
    "Known",
    "Peer",
    "TailAverage",
    "read_peers",
    "serves",
    "stable_rate",
    "start",
]
