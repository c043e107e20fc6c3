"""
Start here
==========

``fastgd`` fits linear models by gradient descent. This page installs it, fits a
real table as it is, reads what the result says, and then runs the
textbook's algorithm to the last digit.

Install
-------

With Python 3.11 or newer, in a copy of the project:

.. code-block:: console

   $ python -m pip install ".[all]"

NumPy and Numba are all that the package itself needs. The extras are ``plot``
(figures), ``compare`` (competing solvers), ``data`` (the flights below),
``files`` (tables from files), ``cli`` (the command ``fastgd``); ``all`` is the five
of them.
"""

# %%
# A first fit
# -----------
#
# All flights that left New York City in 2013 and whose delay on arrival is known:
# 327,346 rows, 49 columns. The columns are raw: minutes, miles, and zeros and ones
# of carriers, months and hours. A fifth of the rows is kept aside.

import numpy as np

import fastgd

X, y, names = fastgd.datasets.load_flights()
aside = np.random.default_rng(0).random(len(y)) < 0.2

result = fastgd.fit(X[~aside], y[~aside], random_state=0)
print(f"{result.score(X[aside], y[aside]):.4f} of the variance is explained")

# %%
# The result says what was done
# -----------------------------

print(result.summary())

# %%
# Line by line:
#
# - **loss, optimizer, learning rate, rows per step**: what ran. The reason for the
#   rate stands in brackets.
# - **epochs, steps, passes**: an epoch visits every row once, a step is one update
#   of the coefficients. A pass is as many row gradients as there are rows, wherever
#   they were spent, so it is the cost that does not depend on the machine.
# - **seconds**: all that you waited for, except compiling, which stands beside it.
#   The first fit of each combination of loss and optimizer compiles for some
#   seconds; later processes read the machine code from a cache.
# - **objective**: the number that is minimised, at the coefficients returned.
# - **precision**: how far that is above its least value, in units of the
#   *statistical error*: the distance at which the optimum of these rows lies from
#   that of all rows to come. Below one of it, optimising further fits noise.
# - The last line is the **reason for stopping**, a member of
#   :class:`fastgd.StopReason`.
#
# The coefficients refer to the columns as they were given:

largest = np.argsort(-np.abs(result.coef_))[:5]
for j in largest:
    print(f"{names[j]:<12} {result.coef_[j]:7.2f} minutes")

# %%
# What self-tuning does
# ---------------------
#
# No column was scaled and no rate was given. Plain descent on this table goes
# wrong, which is why every text says to scale first. Here is the textbook's
# algorithm, on the raw columns, at a rate that looks modest:

import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    plain = fastgd.fit(X, y, "batch", learning_rate=0.01)
print(caught[0].message)
print(plain.stop_reason)

# %%
# A run that diverges always says so, and names the largest stable rate where theory
# has one. At that rate it would be stable, and of no use: the
# condition number is so large that most directions would hardly move.
# :func:`fastgd.suggest` reports that beforehand:

print(fastgd.suggest(X, y, random_state=0))

# %%
# A self-tuned fit reads 4096 rows first, finds *their* optimum and the Hessian
# there, and multiplies its steps by the inverse of that Hessian. Units, means and
# correlations then no longer matter (:doc:`/manual/self_tuning`). What it chose is
# in the result, a sentence each:

for what, sentence in result.choices.items():
    print(f"{what}: {sentence}")

# %%
# ``recipe`` holds the keywords that repeat the run bit for bit:

again = fastgd.fit(X[~aside], y[~aside], **result.recipe)
print(np.array_equal(again.coef_, result.coef_))

# %%
# Textbook mode
# -------------
#
# With a ``learning_rate`` given you get exactly the algorithm of the textbooks on X
# as it is: no scaling, no averaging, no decay, and as many epochs as you ask for.
# Beside the loop that everybody writes once:

Z = (X - X.mean(axis=0)) / X.std(axis=0)

textbook = fastgd.fit(Z, y, "batch", learning_rate=0.3, max_iter=100)

w, b = np.zeros(Z.shape[1]), 0.0
for _ in range(100):
    r = Z @ w + b - y
    w, b = w - 0.3 * (Z.T @ r) / len(y), b - 0.3 * r.mean()

print(f"largest difference: {np.abs(textbook.coef_ - w).max():.1e}")

# %%
# .. admonition:: Two conventions to know before comparing with a text
#
#    The learning rate multiplies the **mean** gradient of a step's rows, in every
#    variant, and a row's squared error is **½(z - y)²**. A text that sums over the
#    rows, or leaves out the ½, needs its rate scaled by n, or by 2. And ``alpha``
#    is the strength of the penalty; what many texts call alpha is ``learning_rate``
#    here.
#
# The history of a run holds the objective against epochs, steps, passes and
# seconds:

from matplotlib import pyplot as plt

figure, axis = plt.subplots(figsize=(7, 3.6), layout="constrained")
for variant, stable in fastgd.suggest(Z, y, random_state=0).stable_rates.items():
    run = fastgd.fit(
        Z, y, variant, learning_rate=stable / 2, max_iter=10,
        record=["objective"], random_state=0,
    )  # fmt: skip
    label = f"{variant}, rate {stable / 2:.2g}"
    axis.plot(run.history["passes"], run.history["objective"], label=label)
axis.axhline(result.objective, color="0.5", linewidth=0.8)
axis.set(
    xlabel="passes over the rows", ylabel="objective", yscale="log", xlim=(0, 10)
)
axis.legend(frameon=False)
axis.spines[["top", "right"]].set_visible(False)

# %%
# Each runs at half of its largest stable rate; the grey line is the optimum. For
# the same number of row gradients ``batch`` has made ten steps here and
# ``stochastic`` three million. What that is worth, and what it costs, is the
# subject of :doc:`choosing_a_variant`.
#
# Where next
# ----------
#
# - :doc:`choosing_a_variant`: the three variants on one table.
# - :doc:`when_not_to`: where an exact solver is the better choice.
# - :doc:`optimizers_explained`: what momentum, AdaGrad, Adam and the others do in a
#   narrow valley.
# - :doc:`/api/index`: every argument.
