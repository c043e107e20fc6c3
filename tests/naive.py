"""The slow obvious twins: gradient descent as the textbooks write it, in plain float64 NumPy.

Nothing here imports the package. The optimizers' formulas are PyTorch's. A *step* is one update,
counted by t from 1; an *order* is an array (n_epochs, n_visits) of rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# ---------------------------------------------------------------- losses: (z, y) -> (value, slope)
# At a kink the slope is 0 where 0 lies between those of the two sides, and -y for the hinge.


def squared_error(z, y):
    """Half the squared residual."""
    return 0.5 * (z - y) ** 2, z - y


def huber(delta=1.35):
    """Quadratic within delta of the target, linear outside."""

    def loss(z, y):
        residual = z - y
        size = np.abs(residual)
        value = np.where(size <= delta, 0.5 * residual**2, delta * size - 0.5 * delta**2)
        return value, np.clip(residual, -delta, delta)

    return loss


def log_loss(z, y):
    """log(1 + exp(-yz)) for labels -1 and +1; no exponential here ever overflows."""
    margin = y * z
    small = np.exp(-np.abs(margin))
    value = np.maximum(-margin, 0.0) + np.log1p(small)
    probability_wrong = np.where(margin > 0, small, 1.0) / (1.0 + small)
    return value, -y * probability_wrong


def absolute_error(z, y):
    """The size of the residual."""
    return np.abs(z - y), np.sign(z - y)


def quantile(quantile=0.5):
    """A target above z costs `quantile` a unit, one below z the rest of 1."""

    def loss(z, y):
        above, below = np.maximum(y - z, 0.0), np.maximum(z - y, 0.0)
        slope = (1.0 - quantile) * (below > 0) - quantile * (above > 0)
        return quantile * above + (1.0 - quantile) * below, slope

    return loss


def epsilon_insensitive(epsilon=0.1):
    """The residual's size beyond epsilon."""

    def loss(z, y):
        beyond = np.maximum(np.abs(z - y) - epsilon, 0.0)
        return beyond, np.sign(z - y) * (beyond > 0)

    return loss


def squared_epsilon_insensitive(epsilon=0.1):
    """Its square."""

    def loss(z, y):
        beyond = np.maximum(np.abs(z - y) - epsilon, 0.0)
        return beyond**2, 2.0 * beyond * np.sign(z - y)

    return loss


def hinge(z, y):
    """What the margin yz lacks of 1, for labels -1 and +1."""
    missing = 1.0 - y * z
    return np.maximum(missing, 0.0), np.where(missing >= 0, -y, 0.0)


def squared_hinge(z, y):
    """Its square."""
    missing = np.maximum(1.0 - y * z, 0.0)
    return missing**2, -2.0 * y * missing


def modified_huber(z, y):
    """The squared hinge, gone on with straight where yz < -1."""
    margin = y * z
    missing = np.maximum(1.0 - margin, 0.0)
    value = np.where(margin >= -1, missing**2, -4.0 * margin)
    return value, np.where(margin >= -1, -2.0 * y * missing, -4.0 * y)


def poisson(z, y):
    """Half the Poisson deviance of y from the mean exp(z)."""
    y_log_y = y * np.log(np.where(y > 0, y, 1.0))
    return np.exp(z) - y + y_log_y - y * z, np.exp(z) - y


def gamma(z, y):
    """Half the gamma deviance of y from the mean exp(z)."""
    return y * np.exp(-z) - 1.0 + z - np.log(y), 1.0 - y * np.exp(-z)


def tweedie(power=1.5):
    """Half the Tweedie deviance of y from the mean exp(z), for powers other than 1 and 2."""

    def loss(z, y):
        a, b = 1.0 - power, 2.0 - power
        of_y = np.where(y > 0, np.where(y > 0, y, 1.0) ** b, 0.0) / (a * b)
        value = of_y - y * np.exp(a * z) / a + np.exp(b * z) / b
        return value, np.exp(b * z) - y * np.exp(a * z)

    return loss


class Twin(NamedTuple):
    """A loss with its usual parameters."""

    loss: Callable
    takes_labels: bool  # -1 and +1
    takes_positive: bool = False  # numbers above 0

    def targets(self, y):
        """Return numbers, or numbers above 0 made of them; labels have to be given."""
        return np.abs(y) + 0.1 if self.takes_positive else y


LOSSES = {
    "squared_error": Twin(squared_error, False),
    "huber": Twin(huber(), False),
    "absolute_error": Twin(absolute_error, False),
    "quantile": Twin(quantile(), False),
    "epsilon_insensitive": Twin(epsilon_insensitive(), False),
    "squared_epsilon_insensitive": Twin(squared_epsilon_insensitive(), False),
    "log_loss": Twin(log_loss, True),
    "hinge": Twin(hinge, True),
    "squared_hinge": Twin(squared_hinge, True),
    "modified_huber": Twin(modified_huber, True),
    "poisson": Twin(poisson, False, True),
    "gamma": Twin(gamma, False, True),
    "tweedie": Twin(tweedie(), False, True),
}


# ------------------------------------- optimizers: (g, slots, t, lr, hyper) -> (movement, rate)
# The movement is subtracted from w. The rate multiplies a stationary gradient, so it is what the
# proximal step needs. `slots` is a dict that the optimizer keeps its memory in.


def gd(g, slots, t, lr):
    return lr * g, lr


def momentum(g, slots, t, lr, mu=0.9):
    slots["b"] = mu * slots.get("b", 0.0) + g
    return lr * slots["b"], lr / (1.0 - mu)


def nesterov(g, slots, t, lr, mu=0.9):
    slots["b"] = mu * slots.get("b", 0.0) + g
    return lr * (g + mu * slots["b"]), lr / (1.0 - mu)


def adagrad(g, slots, t, lr, eps=1e-10):
    slots["s"] = slots.get("s", 0.0) + g**2
    rate = lr / (np.sqrt(slots["s"]) + eps)
    return rate * g, rate


def rmsprop(g, slots, t, lr, rho=0.99, eps=1e-8):
    slots["v"] = rho * slots.get("v", 0.0) + (1.0 - rho) * g**2
    rate = lr / (np.sqrt(slots["v"]) + eps)
    return rate * g, rate


def adam(g, slots, t, lr, beta_1=0.9, beta_2=0.999, eps=1e-8):
    m = slots.get("m", 0.0)
    slots["m"] = m + (1.0 - beta_1) * (g - m)
    slots["v"] = beta_2 * slots.get("v", 0.0) + (1.0 - beta_2) * g**2
    rate = lr / (np.sqrt(slots["v"]) / np.sqrt(1.0 - beta_2**t) + eps)
    return rate / (1.0 - beta_1**t) * slots["m"], rate


OPTIMIZERS = {
    "gd": gd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
}


# ------------------------------------------------------------------------------ gradient descent


def soft_threshold(w, threshold):
    return np.sign(w) * np.maximum(np.abs(w) - threshold, 0.0)


def with_intercept_column(X, fit_intercept):
    """X, with a last column of ones if an intercept is fitted, and which columns are penalised."""
    X = np.asarray(X, dtype=np.float64)
    if not fit_intercept:
        return X, np.ones(X.shape[1])
    return np.column_stack([X, np.ones(len(X))]), np.append(np.ones(X.shape[1]), 0.0)


def relative_weights(sample_weight, n):
    weights = np.ones(n) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    return weights / weights.mean()


def rows_of_each_step(n, variant, order, batch_size):
    """The rows that every step visits, one array a step, over all epochs of the order."""
    size = {"stochastic": 1, "minibatch": batch_size}.get(variant)
    for epoch in order:
        if variant == "batch":
            yield np.arange(n)
        else:
            for first in range(0, len(epoch), size):
                yield np.asarray(epoch[first : first + size])


def descend(
    X,
    y,
    *,
    loss=squared_error,
    optimizer="gd",
    variant="batch",
    learning_rate,
    order,
    batch_size=None,
    alpha=0.0,
    l1_ratio=0.0,
    sample_weight=None,
    fit_intercept=True,
    coef_init=None,
    intercept_init=None,
    hyper=None,
    beside=None,
):
    """Return (coef..., intercept) after every step, one row a step; row 0 is the start.

    For `batch`, which visits all rows as they lie, only the number of rows of *order* counts: the
    number of steps. *learning_rate* is a number or a function of an array of step numbers. Where
    *beside*, the path of another run, is given, each step starts from where that run was: a
    residual that rounding carries over a kink then spoils one step, not all that follow.
    """
    A, penalised = with_intercept_column(X, fit_intercept)
    y = np.asarray(y, dtype=np.float64)
    n, width = A.shape
    s = relative_weights(sample_weight, n)
    l1, l2 = alpha * l1_ratio * penalised, alpha * (1.0 - l1_ratio) * penalised

    w = np.zeros(width)
    if coef_init is not None:
        w[: np.shape(X)[1]] = coef_init
    if fit_intercept and intercept_init is not None:
        w[-1] = intercept_init

    steps = list(rows_of_each_step(n, variant, order, batch_size))
    numbers = np.arange(1, len(steps) + 1)
    rates = (
        learning_rate(numbers) if callable(learning_rate) else learning_rate * np.ones(len(steps))
    )

    path, slots = [w], {}
    for t, rows, lr in zip(numbers, steps, rates, strict=True):
        w = w if beside is None else beside[t - 1]
        _, slope = loss(A[rows] @ w, y[rows])
        gradient = A[rows].T @ (s[rows] * slope) / len(rows) + l2 * w
        movement, rate = OPTIMIZERS[optimizer](gradient, slots, t, lr, **(hyper or {}))
        w = soft_threshold(w - movement, rate * l1)
        path.append(w)
    return np.array(path)


# --------------------------------------------------------------------- the objective, its optimum


def objective(X, y, coef, intercept=0.0, *, loss, alpha=0.0, l1_ratio=0.0, sample_weight=None):
    """F = weighted mean loss + alpha ((1 - l1_ratio)/2 |w|^2 + l1_ratio |w|_1)."""
    coef = np.asarray(coef, dtype=np.float64)
    value, _ = loss(np.asarray(X, dtype=np.float64) @ coef + intercept, np.asarray(y))
    data_term = np.average(value, weights=sample_weight)
    return data_term + alpha * (
        0.5 * (1.0 - l1_ratio) * np.sum(coef**2) + l1_ratio * np.sum(np.abs(coef))
    )


def elastic_net(X, y, loss, alpha, l1_ratio, sample_weight=None, fit_intercept=True, curvature=1.0):
    """Return (coef, intercept) at the minimum of F, for losses of at most this curvature.

    Accelerated proximal gradient (FISTA; Beck, Teboulle 2009) that forgets its momentum whenever
    it points uphill (O'Donoghue, Candes 2015), run until nothing moves beyond rounding.
    """
    A, penalised = with_intercept_column(X, fit_intercept)
    n, width = A.shape
    s = relative_weights(sample_weight, n)
    l1, l2 = alpha * l1_ratio * penalised, alpha * (1.0 - l1_ratio) * penalised
    sharpest = np.linalg.eigvalsh(A.T @ (s[:, None] * A) / n)[-1]
    rate = 1.0 / (curvature * sharpest + l2.max())

    w, ahead, age, still = np.zeros(width), np.zeros(width), 1.0, 0
    for _ in range(200_000):
        _, slope = loss(A @ ahead, y)
        gradient = A.T @ (s * slope) / n + l2 * ahead
        new = soft_threshold(ahead - rate * gradient, rate * l1)
        if (ahead - new) @ (new - w) > 0:
            age = 1.0
        next_age = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * age**2))
        moved = np.max(np.abs(new - w))
        ahead = new + (age - 1.0) / next_age * (new - w)
        w, age = new, next_age
        still = still + 1 if moved <= 4e-16 * max(1.0, np.max(np.abs(w))) else 0
        if still == 20:
            return (w[:-1], float(w[-1])) if fit_intercept else (w, 0.0)
    raise RuntimeError("elastic_net did not come to rest")


# ------------------------------------------------------------------------------- any function


def minimize(gradient, x0, optimizer, rates, hyper=None):
    """Return the points after every step, a step per rate; row 0 is the start."""
    path, slots = [np.array(x0, dtype=np.float64)], {}
    for t, rate in enumerate(rates, start=1):
        g = np.asarray(gradient(path[-1]))
        movement, _ = OPTIMIZERS[optimizer](g, slots, t, rate, **(hyper or {}))
        path.append(path[-1] - movement)
    return np.array(path)
