"""asv: a fresh process until fastgd is imported, and until its first fit is done; a new loss."""

import os
import subprocess
import sys
import tempfile
import time

import numpy as np

import fastgd

FIT = """
import numpy as np, fastgd
X = np.random.default_rng(0).standard_normal((1000, 3))
fastgd.fit(X, X @ [1.0, 2.0, 3.0])
"""


def python(code, **environment):
    """Run code in a new process; what goes wrong there is an error here."""
    subprocess.run([sys.executable, "-c", code], env=os.environ | environment, check=True)


class StartUp:
    """Seconds of a new process; the interpreter's own start included."""

    number, repeat, warmup_time, timeout = 1, (3, 5, 10.0), 0.0, 120

    def setup(self):
        python(FIT)

    def time_import(self):
        python("import fastgd")

    def time_first_fit_warm(self):
        python(FIT)

    def time_first_fit_cold(self):
        with tempfile.TemporaryDirectory() as folder:
            python(FIT, NUMBA_CACHE_DIR=folder)


class OwnLoss:
    """A loss of the user's: an epoch of it beside one of the built-in, and what a new one costs."""

    timeout = 120
    params = ("built-in", "own")
    param_names = ("loss",)

    def setup(self, loss):
        rng = np.random.default_rng(0)
        self.X = rng.standard_normal((400_000, 10))
        self.y = self.X.sum(axis=1)
        self.loss = "squared_error" if loss == "built-in" else make_loss(-1)
        fit_five_epochs(self.X, self.y, self.loss)

    def time_five_epochs(self, loss):
        fit_five_epochs(self.X, self.y, self.loss)


def track_milliseconds_of_a_new_loss():
    """Return the median time of a small fit with a loss that was never used before."""
    X = np.random.default_rng(0).standard_normal((10, 10))
    y = X.sum(axis=1)
    seconds = []
    for k in range(-1, 10):
        began = time.perf_counter()
        fit_five_epochs(X, y, make_loss(k))
        seconds.append(time.perf_counter() - began)
    return 1e3 * float(np.median(seconds[1:]))  # the first one also loads the kernels


track_milliseconds_of_a_new_loss.unit = "ms"


def fit_five_epochs(X, y, loss):
    fastgd.fit(X, y, loss=loss, learning_rate=1e-3, max_iter=5, random_state=0)


def make_loss(k):
    """Return a squared error whose code is compiled anew for each k."""
    return lambda z, y: (0.5 * (z - y) ** 2 + k, z - y)
