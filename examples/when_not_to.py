"""
When not to use gradient descent
================================

For the squared error there are exact solvers. Two of them are a line of NumPy each:

- the **normal equations**, ``solve(X.T @ X, X.T @ y)``: n d² operations to form
  X'X, d³ / 3 to factor it;
- **least squares by LAPACK**, ``numpy.linalg.lstsq``: a few times as many, and safe
  if columns are nearly collinear.

Gradient descent makes 4 n d operations a pass, and needs a few passes. So it can
only win where d is large enough for n d² to hurt, and n large enough for its own
preparations not to.
"""

# %%
# The frontier
# ------------
#
# How long each takes to come within the statistical error of the optimum, beyond
# which there is only noise to fit. The exact solvers go further than that, to the
# last digit, and are shown winning where they win. This grid takes minutes, so it
# is measured by a script of its own, ``python -m benchmarks.frontier``, which
# leaves its medians here, in milliseconds.

from io import StringIO

import pandas as pd

MEASURED = """
# two cores of a shared AMD EPYC virtual machine, 2026-11-27
# Python 3.11.7, NumPy 2.4.6, Numba 0.68.1
  rows   columns   minibatch   whole-call   cholesky   lstsq   sklearn-sgd
  1000         3        16.4         29.2      0.475   0.437          7.79
  1000        10        20.1         33.4       4.52   0.526          9.04
  1000        30          13         16.1      0.326    1.21          8.05
  1000       100        25.6         29.9        1.1    11.1          7.67
  1000       300        49.3         55.4       8.37    36.2          28.1
 10000         3          30         51.6       0.43   0.773          2.74
 10000        10        44.9         55.6      0.853    6.52          7.88
 10000        30        28.4         61.7        1.1      10            16
 10000       100         122          154       15.2     120          26.6
 10000       300         186          216       52.8     502           110
 10000      1000         806          865        360    1350           345
100000         3        34.1         76.4       1.93    16.9          57.2
100000        10        65.4         97.2        8.9    82.6          75.6
100000        30        78.1          132         33     295          81.9
100000       100         111          155        123    2110           217
100000       300         167          225        364    3500           358
100000      1000        2350         2690       5440   58200         never
1000000         3          78          192       32.8     344           716
1000000        10        46.5           89       45.3     510           421
1000000        30        71.7          135        126    1880           472
1000000       100         139          294        610   12800          1090
"""
measured = pd.read_csv(
    StringIO(MEASURED), sep=r"\s+", comment="#", na_values="never"
)

# %%

from matplotlib import pyplot as plt

RIVALS = {
    "cholesky": "the normal equations",
    "lstsq": "numpy.linalg.lstsq",
    "sklearn-sgd": "scikit-learn's SGDRegressor, tuned",
}
COLOURS = dict(
    zip((1_000, 10_000, 100_000, 1_000_000), plt.cm.viridis((0.8, 0.55, 0.3, 0.0)))
)

figure, axes = plt.subplots(
    1, 3, figsize=(11, 4.2), sharey=True, layout="constrained"
)
for axis, (rival, title) in zip(axes, RIVALS.items()):
    for n, colour in COLOURS.items():
        cells = measured[measured["rows"] == n].dropna(subset=rival)
        ratio = cells[rival] / cells["minibatch"]
        axis.plot(cells["columns"], ratio, "o-", color=colour, label=f"{n:,} rows")
        whole = cells[rival] / cells["whole-call"]
        axis.plot(cells["columns"], whole, ":", color=colour)
    axis.axhspan(1e-3, 1, color="0.93", zorder=0)
    axis.set(
        xscale="log", yscale="log", xlabel="columns", title=title, ylim=(0.01, 100)
    )
    axis.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("its time / descent's time")
axes[0].text(1000, 0.012, "grey: descent is slower", color="0.35", ha="right")
axes[0].legend(frameon=False, loc="upper left")
figure.set_label("Times of others over descent's, a line for each number of rows")

# %%
# Lines: a self-tuned ``fastgd.fit(X, y)`` until it is within the statistical error.
# Dotted: the whole call, which goes on to be sure of it. Each point is a ratio of
# medians; the two sides took turns in one process on one table of condition number
# 30. Each ran on one thread, for others worked on this shared machine at the time:
# read factors, not percents.

# %%
# What to read from it
# --------------------
#
# - **Few columns: solve.** With up to some thirty columns X'X is formed in about
#   the time it takes to read X. Nothing that reads X, too, can beat that by much.
# - **Few values: solve.** Looking at 4096 rows costs descent some milliseconds
#   whatever comes after. Below about ten million values the normal equations are
#   solved by then.
# - **Many rows and a hundred columns or more: descend**, unless you want all the
#   digits.
# - **SGDRegressor at its best settings** is there sooner on small tables, and later
#   on large ones. It looks at no sample, for its rate comes from a grid that was
#   searched beforehand (:doc:`/benchmarks/peers`), and it cannot tell that it
#   has converged.
# - **Nearly collinear columns**: the normal equations lose digits in
#   proportion to the condition number of X'X, ``lstsq`` to its root. That is what
#   it takes the longer for.
#
# .. admonition:: Often said, and not quite so
#
#    *"The normal equation needs the inverse of X'X, which is O(d³)."* It needs no
#    inverse: a Cholesky factor of X'X is a third of d³, and more accurate. For a
#    tall table forming X'X is the expensive part, n d².
#
#    *"Use gradient descent when n is large."* Both costs are proportional to n. It
#    is d that decides: n d² against some passes of n d.
#
#    *"Gradient descent only gives an approximation."* So does every solver, to its
#    rounding. The question is how far below the statistical error you want to be;
#    ``variant="batch"`` goes to the last digits in a few passes more.

# %%
# Ask before you fit
# ------------------
#
# :func:`fastgd.suggest` estimates it for a table at hand, from some of its rows:

import fastgd

for n, d in ((10_000, 5), (200_000, 200)):
    X, y, _ = fastgd.datasets.make_regression(
        n, d, condition_number=30, random_state=0
    )
    print(f"{n:,} x {d}: {fastgd.suggest(X, y, random_state=0).exact}")

# %%
# Where no exact solver exists
# ----------------------------
#
# All of this is about the squared error without an L1 penalty. Huber's loss,
# quantiles, logistic regression or the lasso have no closed form: there, some kind
# of descent is what everybody does, and the question is which. Other cases for
# other tools:
#
# - sparse data, many classes, cross-validation: scikit-learn;
# - what is not linear in its coefficients: PyTorch or JAX.
