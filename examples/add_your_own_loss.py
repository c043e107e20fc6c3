"""
Add your own loss
=================

A loss is a function of two numbers, the prediction z and the target y, that returns
two numbers: its value, and its derivative with respect to z. That is the same for
your losses and for the built-in ones.

This is the source of Huber's loss in the package, all of it. The function:

.. literalinclude:: /../src/fastgd/losses/huber.py
   :pyobject: _huber

and the row that says what else ``fit`` has to know: its parameters, whether targets
are numbers or two labels, and a bound of the second derivative, which is how a
learning rate can be chosen:

.. literalinclude:: /../src/fastgd/losses/huber.py
   :pyobject: Huber
"""

# %%
# Your function
# -------------
#
# It is compiled into the same loops as the built-in ones, so it costs no call per
# row. Log-cosh: quadratic near zero, linear far out, and smooth throughout:

import math

import numpy as np

import fastgd


def log_cosh(z, y):
    """Return the value and the derivative; written so that cosh cannot overflow."""
    r = abs(z - y)
    return r + math.log1p(math.exp(-2 * r)) - math.log(2), math.tanh(z - y)


X, y, coef = fastgd.datasets.make_regression(50_000, 5, noise=0.5, random_state=0)
y[::20] += 100.0  # one row in twenty is far off

own = fastgd.fit(
    X, y, loss=log_cosh, learning_rate=0.1, max_iter=20, random_state=0
)
least_squares = fastgd.fit(X, y, random_state=0)

for name, fit in {"log_cosh": own, "squared_error": least_squares}.items():
    print(f"{name:<14} errs by {np.abs(fit.coef_ - coef).max():.3f} at most, "
          f"intercept {fit.intercept_:.2f}")  # fmt: skip

# %%
# State a bound of the second derivative, and it tunes itself
# -----------------------------------------------------------
#
# ``fit`` cannot see from the code how large the second derivative is. The
# derivative of log-cosh is tanh, whose own derivative is at most 1. Say so, and the
# loss is treated like the built-in smooth ones: no learning rate is needed, and no
# scaling.

loss = fastgd.CustomLoss(log_cosh, curvature=1.0)
tuned = fastgd.fit(X * [1, 10, 100, 1000, 10_000], y, loss=loss, random_state=0)
print(tuned.precision)

# %%
# Check the derivative
# --------------------
#
# The usual mistake is a second number that is not the derivative of the first.
# Three lines show it:

z, h = np.linspace(-5, 5, 101), 1e-6
differences = [
    (log_cosh(v + h, 0.3)[0] - log_cosh(v - h, 0.3)[0]) / (2 * h) for v in z
]
print(
    f"{np.abs(np.array([log_cosh(v, 0.3)[1] for v in z]) - differences).max():.0e}"
)

# %%
# A function that is not a loss is refused with a sentence:

try:
    fastgd.fit(X, y, loss=lambda z, y: (z - y) ** 2)
except TypeError as error:
    print(error)

# %%
# Your loss takes part in every comparison:

comparison = fastgd.compare(
    X, y, ["batch", "minibatch"], loss=loss, targets=["stat"], repeats=2
)
print("\n".join(comparison.verdicts()))

# %%
# A schedule
# ----------
#
# A learning rate may be any function from an array of step numbers, which count
# from 1, to as many rates. Built in are `fastgd.Constant`, `fastgd.InverseScaling`,
# `fastgd.InverseTimeDecay`, `fastgd.Exponential`, `fastgd.StepDecay`,
# `fastgd.Cosine`, `fastgd.Optimal` and `fastgd.Adaptive`; `fastgd.Warmup` puts a
# linear rise in front of any of them. Warm up over a hundred steps, then fall as
# one over the root of t:


def warmed_up(t):
    """Return the rates of the steps t."""
    return 0.2 * np.minimum(t / 100, np.sqrt(100 / t))


fit = fastgd.fit(
    X, y, loss=log_cosh, learning_rate=warmed_up, max_iter=20, random_state=0
)
print(f"{np.abs(fit.coef_ - coef).max():.3f}")

# %%
# An optimizer
# ------------
#
# Optimizers live in the package: two functions and one row. ``prepare`` runs once
# per step and turns the rate into the numbers that the step needs; ``step`` runs
# per coefficient. This is all of AdaGrad:
#
# .. literalinclude:: /../src/fastgd/optimizers/adagrad.py
#    :pyobject: _prepare_adagrad
#
# .. literalinclude:: /../src/fastgd/optimizers/adagrad.py
#    :pyobject: _adagrad
#
# .. literalinclude:: /../src/fastgd/optimizers/adagrad.py
#    :pyobject: AdaGrad
#
# ``step`` also returns the rate that multiplies a stationary gradient: the proximal
# step of an L1 penalty is scaled by it, so that every optimizer converges to the
# same minimum.
#
# To send one in
# --------------
#
# A loss, an optimizer or a schedule joins the package as its function, its row, and
# its slow, obvious twin in the tests: :doc:`/contributing`. From the row on it is
# compiled, checked, compared and documented with the rest.
