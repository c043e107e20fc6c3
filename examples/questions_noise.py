r"""
Questions about noise
=====================

Real data do not lie on a line. These are the questions of :doc:`questions` that
come up then, answered by runs on 10,000 rows of 10 columns, made so that all is
known: y is a sum of the columns, of variance 1, plus noise of standard deviation
0.5.
"""

# %%
# Why does the cost not go to 0?
# ------------------------------
#
# The laser pointer has a setting at which the error is 0. Rows with noise have no
# coefficients that suit them all. The best ones leave the noise over: the mean of
# the squared errors ends near its variance, 0.5² = 0.25, whatever is done.

import numpy as np

import fastgd

X, y, coef = fastgd.datasets.make_regression(10_000, 10, noise=0.5, random_state=0)
result = fastgd.fit(X, y, random_state=0)

floor = np.mean((result.predict(X) - y) ** 2)
print(f"mean squared error at the optimum: {floor:.4f}")
print(f"twice the objective, which has a half in it: {2 * result.objective:.4f}")
print(f"at the coefficients that made the data: {np.mean((X @ coef - y) ** 2):.4f}")

# %%
# The optimum lies a little *below* what the true coefficients reach: ten
# coefficients and an intercept can follow a little of the noise.
#
# How much of y can be explained, then?
# -------------------------------------
#
# R² is one minus the share of the variance that is left. The signal has variance 1,
# the noise 0.25, so 1/1.25 = 0.8 is what to expect of these data, and no algorithm
# gets more on average of rows that it has not seen:

others = fastgd.datasets.make_regression(20_000, 10, noise=0.5, random_state=0)
unseen = slice(10_000, None)  # the next 10,000 rows of the same problem
scores = result.score(X, y), result.score(others[0][unseen], others[1][unseen])
print(f"R² on the rows fitted: {scores[0]:.3f}, on others: {scores[1]:.3f}")

# %%
# Both differ from 0.8 by the luck of the draw: with 10,000 rows, the third digit is
# chance.
#
# How exact does the descent have to be?
# --------------------------------------
#
# The optimum of these rows is itself off the truth, for other rows would have
# another one. By how much, in the objective of all rows to come, is the
# :term:`statistical error`: σ²d/(2n) for the squared error, with d = 11 numbers
# here.

by_formula = 0.5**2 * 11 / (2 * 10_000)
print(f"measured {result.statistical_error:.2e}, by the formula {by_formula:.2e}")
print(result.precision)

# %%
# Digits below that fit the noise of these rows. A self-tuned fit measures
# its own precision in this unit, and a run that has come below one of it is done.
#
# Why does the stochastic path not converge?
# ----------------------------------------------
#
# At the optimum the *mean* of the rows' gradients is zero. Single rows still pull,
# each with its noise, and a constant rate passes that on to the coefficients for
# ever. Smaller rates tremble less, and take longer to arrive. Here is how far above
# the optimum the last iterate is after ten epochs, in statistical errors:

import pandas as pd


def excess(average, rate):
    """Return how many statistical errors above the optimum a run ends."""
    run = fastgd.fit(
        X, y, "stochastic", learning_rate=rate, average=average, max_iter=10,
        random_state=0,
    )  # fmt: skip
    error = np.mean((run.predict(X) - y) ** 2) - floor
    return error / 2 / result.statistical_error


RATES = (0.005, 0.01, 0.02)
WHAT = {"last iterate": False, "mean of all": True, "mean of the second half": 0.5}
table = pd.DataFrame(
    {f"rate {rate:g}": [excess(a, rate) for a in WHAT.values()] for rate in RATES},
    index=WHAT.keys(),
)
table.map("{:.3g}".format)

# %%
# What does averaging do?
# -----------------------
#
# It takes the mean of the iterates along the way. The steps are the same to the
# last digit; only what is returned differs. The path wanders *about* the optimum,
# so the mean of many of its points lies far nearer than any one of them, as the
# table shows. The mean of the second half forgets the way down, too. That is why a
# self-tuned ``stochastic`` fit averages unasked, and why a text that looks at the
# last iterate alone finds that "stochastic descent is inexact".
#
# To see it, the path of two of the coefficients about the optimum, at a rate of
# 0.02, with the mean of it:

from matplotlib import pyplot as plt

run = fastgd.fit(
    X, y, "stochastic", learning_rate=0.02, max_iter=4, record_path=10,
    random_state=0,
)  # fmt: skip
means = np.cumsum(run.path, axis=0) / np.arange(1, len(run.path) + 1)[:, None]

figure, axis = plt.subplots(figsize=(6.4, 4.6), layout="constrained")
axis.plot(*run.path[:, :2].T, color="#009E73", linewidth=0.5, label="stochastic")
axis.plot(*means[:, :2].T, color="#D55E00", linewidth=2, label="mean so far")
axis.plot(*result.coef_[:2], "*", color="black", markersize=14, label="optimum")
axis.set(xlabel="coefficient of column 0", ylabel="coefficient of column 1")
axis.legend(frameon=False)
axis.spines[["top", "right"]].set_visible(False)
figure.set_label("A stochastic path about the optimum, and its mean")

# %%
# What averaging cannot do is bring a run to the optimum that has not been near it.
# First arrive, then average. :doc:`choosing_a_variant` shows the three variants
# with and without it.
