"""asv: how long epochs take, and how far they are from what memory allows."""

import statistics

import numba
import numpy as np

import fastgd
from benchmarks.problems import table
from fastgd.comparing.bandwidth import read_bandwidth

VARIANTS = ["batch", "stochastic", "minibatch"]
MEGABYTES = 40
EPOCHS = 4


def run(X, y, variant, epochs=EPOCHS, **keywords):
    """Make so many textbook epochs; the rate is small enough for every problem here."""
    rate = 0.1 / X.shape[1]
    keywords = {"learning_rate": rate, "tol": None, "random_state": 0, "n_threads": 1, **keywords}
    return fastgd.fit(X, y, variant, max_iter=epochs, **keywords)


class Epoch:
    """Epochs of each variant, for the shapes, types and layouts that people have."""

    params = [VARIANTS, [10, 100], ["float64 C", "float32 C", "float64 F"]]
    param_names = ["variant", "features", "dtype and layout"]
    number, repeat, warmup_time = 1, (3, 10, 2.0), 0.0

    def setup(self, variant, features, kind):
        self.X, self.y = table(features, MEGABYTES, *kind.split())
        run(self.X, self.y, variant, epochs=1)

    def time_epoch(self, variant, features, kind):
        run(self.X, self.y, variant)


class OptimizerEpoch:
    """Epochs of mini-batch descent with each optimizer."""

    params = [["momentum", "adagrad", "adam"]]
    param_names = ["optimizer"]
    number, repeat, warmup_time = 1, (3, 10, 2.0), 0.0

    def setup(self, optimizer):
        self.X, self.y = table(32, MEGABYTES, "float64", "C")
        run(self.X, self.y, "minibatch", epochs=1, optimizer=optimizer)

    def time_epoch(self, optimizer):
        run(self.X, self.y, "minibatch", optimizer=optimizer)


def rosenbrock(x):
    along = x[1] - x[0] ** 2
    gradient = np.array([-2 * (1 - x[0]) - 400 * x[0] * along, 200 * along])
    return (1 - x[0]) ** 2 + 100 * along**2, gradient


class Minimize:
    """Steps of `minimize` on two parameters: a jitted function, and the same in plain Python."""

    params = [["jitted", "plain"], ["gd", "adam"]]
    param_names = ["function", "optimizer"]
    number, repeat, warmup_time = 1, (3, 10, 2.0), 0.0

    def setup(self, kind, optimizer):
        self.fun = numba.njit(rosenbrock) if kind == "jitted" else rosenbrock
        self.steps = 1_000_000 if kind == "jitted" else 1000
        self.time_steps(kind, optimizer)

    def time_steps(self, kind, optimizer):
        settings = {"optimizer": optimizer, "learning_rate": 1e-3, "tol": None}
        fastgd.minimize(self.fun, [-1.2, 1.0], jac=True, max_iter=self.steps, **settings)


class Bandwidth:
    """How many times longer than reading the table once an epoch takes; 1 is the limit."""

    params = [VARIANTS, [10, 100]]
    param_names = ["variant", "features"]
    unit = "times the reading of X"

    def setup(self, variant, features):
        self.X, self.y = table(features, 2 * MEGABYTES, "float64", "C")
        run(self.X, self.y, variant, epochs=1)

    def track_bandwidth_shortfall(self, variant, features):
        shortfalls = []
        for _ in range(3):
            speed = read_bandwidth(1)
            seconds = run(self.X, self.y, variant).history["seconds"][-1]
            shortfalls.append(seconds / EPOCHS * speed / self.X.nbytes)
        return round(statistics.median(shortfalls), 2)


class Memory:
    """Peak memory of a fit, the table included."""

    params = [VARIANTS, ["C", "F"]]
    param_names = ["variant", "layout"]

    def setup(self, variant, layout):
        self.X, self.y = table(100, MEGABYTES, "float64", layout)

    def peakmem_fit(self, variant, layout):
        run(self.X, self.y, variant, epochs=1)
