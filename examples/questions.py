r"""
Questions answered by runs
==========================

Questions that come up whenever gradient descent is taught. Each is answered by
runs, most of them of the laser pointer of :doc:`descent_seen_1d`: it points at 103
cm, should at 100, and the cost is the square of the error. :doc:`questions_noise`
goes on with data that do not lie on a line.
"""

# %%
# Why not the cube of the error?
# ------------------------------
#
# The slope of :math:`e^3` is :math:`3 e^2`, which is never negative: it always says
# "down". So from below, the pointer walks away from the target, ever faster. From
# above it either creeps down to the target and never quite arrives, for the slope
# vanishes there, or it steps across and then walks away, too. There is no lowest
# point to find.

import textwrap
import warnings

import numpy as np
import pandas as pd

import fastgd


def descend(cost, slope, start, rate, steps=300):
    """Return a run on a cost of the error, and its warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run = fastgd.minimize(
            lambda y: cost(y - 100), start, jac=lambda y: slope(y - 100),
            learning_rate=rate, max_iter=steps, tol=None, record_path=1,
        )  # fmt: skip
    return run, *(textwrap.fill(str(warning.message), 80) for warning in caught)


CUBE = lambda e: e**3, lambda e: 3 * e**2
CUBED_SIZE = lambda e: abs(e) ** 3, lambda e: 3 * e * abs(e)
SQUARE = lambda e: e**2, lambda e: 2 * e
HALF_SQUARE = lambda e: e**2 / 2, lambda e: e
ABSOLUTE = abs, np.sign

(halts,) = descend(*CUBE, 103, 0.01)
print(f"from 103, rate 0.01: at {halts.path[-1]:.3f} after 300 steps")
for start, rate in [(97, 0.01), (103, 0.15)]:
    away, warning = descend(*CUBE, start, rate)
    print(f"from {start}, rate {rate}:", away.path[:5].round(1), "...")
    print(warning)

# %%

axes = fastgd.plot.plot_descent_1d(away.function, away, target=100)
axes[0].set(xlabel="position, cm", ylabel="cube of the error")
axes[1].set_ylabel("position, cm")
axes[0].figure.set_label("On the cube, the pointer walks past its target")

# %%
# The size of the cube, :math:`|e|^3`, does have a lowest point. It crawls at the
# end, for its slope shrinks with the *square* of the error. Steps at a rate of
# 0.05, beside those on the square at 0.1:

LIMITS = {"1 cm": 1, "1 mm": 0.1, "0.1 mm": 0.01, "0.01 mm": 0.001}


def arrivals(path):
    """Return from which step on the error is below each limit, for good."""
    error = np.abs(np.round(path - 100, 9))
    late = [np.flatnonzero(error >= limit)[-1] + 1 for limit in LIMITS.values()]
    return [str(step) if step < len(path) else "never" for step in late]


cubes, squares = (
    descend(*CUBED_SIZE, 103, 0.05, 8000)[0],
    descend(*SQUARE, 103, 0.1, 200)[0],
)
steps = {"square": arrivals(squares.path), "size of cube": arrivals(cubes.path)}
pd.DataFrame(steps, index=LIMITS.keys()).T

# %%
# Each digit costs the square the same number of steps, and the cube ten times as
# many as the digit before.
#
# Does squaring get there faster than the absolute value?
# -------------------------------------------------------
#
# The slope of :math:`|e|` is 1 or -1, near the target as far from it. So at a
# constant rate all steps are equally long, and at the end they swing about the
# target by up to the rate (the last column is the largest error of the last ten
# steps). Steps on the square shrink with the error and settle.

runs = {
    "square, rate 0.1": squares,
    "absolute, rate 0.7": descend(*ABSOLUTE, 103, 0.7)[0],
    "absolute, rate 0.08": descend(*ABSOLUTE, 103, 0.08)[0],
}
table = pd.DataFrame(
    {k: arrivals(r.path) for k, r in runs.items()}, LIMITS.keys()
).T
last = [np.abs(run.path[-10:] - 100).max() for run in runs.values()]
table["at the end, cm"] = [f"{error:.1g}" for error in last]
table

# %%
# So: sooner to the last digits, yes. Sooner to the first one, not always: equal
# steps of 0.7 are within 1 cm after 3 steps, the square after 5. And a rate that
# falls, here as 0.8/√t, lets the absolute value come to rest, too, if slowly:

falling = fastgd.InverseScaling(eta0=0.8, power_t=0.5)
calm = np.abs(descend(*ABSOLUTE, 103, falling, 1000)[0].path - 100)
print(f"largest error from step 50 on: {calm[50:].max():.3f} cm, ", end="")
print(f"from step 900 on: {calm[900:].max():.3f} cm")

# %%
# What does squaring punish that the absolute value does not?
# -----------------------------------------------------------
#
# Single large errors. An error ten times as large counts a hundred times in the sum
# of squares, and pulls ten times as hard. With absolute values it pulls as hard as
# a small one. Huber's loss is the square for errors below 1.35 (in the units of y;
# your choice), and goes straight on from there. A hundred points about 0.5 x + 2;
# ten of them have slipped by 8:

rng = np.random.default_rng(0)
x = np.linspace(0, 10, 100)
y = 0.5 * x + 2 + 0.3 * rng.standard_normal(100)
y[-10:] -= 8

lines = {
    loss: fastgd.fit(x[:, None], y, "batch", loss=loss, random_state=0)
    for loss in ("squared_error", "huber", "absolute_error")
}
for loss, line in lines.items():
    print(f"{loss:<14} {line.coef_[0]:.2f} x + {line.intercept_:.2f}")

# %%

from matplotlib import pyplot as plt

figure, axis = plt.subplots(figsize=(7, 3.8), layout="constrained")
axis.plot(x, y, ".", color="0.6")
for colour, (loss, line) in zip(("#D55E00", "#009E73", "#0072B2"), lines.items()):
    axis.plot(x, line.predict(x[:, None]), color=colour, label=loss)
axis.set(xlabel="x", ylabel="y")
axis.legend(frameon=False)
axis.spines[["top", "right"]].set_visible(False)
figure.set_label("Three lines through points, ten of which have slipped")

# %%
# What if the rate is ten times smaller?
# --------------------------------------
#
# About ten times as many steps, and the same answer. Steps to 1 mm:

counts = {
    rate: int(arrivals(descend(*SQUARE, 103, rate, 4000)[0].path)[1])
    for rate in (0.1, 0.01, 0.001)
}
print(counts)

# %%
# And if it starts at 97 instead of 103?
# --------------------------------------
#
# The mirror image. The slope has the other sign, so the step goes up:

below = descend(*SQUARE, 97, 0.1, 200)[0].path
print(below[:5])
print("largest sum of both errors:", np.abs(below + squares.path - 200).max())

# %%
# What does a rate of 1.5 do?
# ---------------------------
#
# It multiplies the error by 1 - 2 · 1.5 = -2 in each step. A run that diverges
# stops, says so, and returns the best it knows, here the start. The path keeps the
# truth:

wild, warning = descend(*SQUARE, 103, 1.5)
print("path", wild.path[:6], "...")
print(warning)
print("result", wild.x)

# %%
# Where did the factor 2 go?
# --------------------------
#
# The slope of e² is 2e, that of ½e² is e. Half the cost at twice the rate makes the
# same steps, so it is a matter of taste; but a rate only means something together
# with the cost that it belongs to. :func:`fastgd.fit` has the ½. The pointer as a
# table of one row, X = [[1]] and y = [100]:

(half,) = descend(*HALF_SQUARE, 103, 0.2, 200)
fitted = fastgd.fit(
    [[1.0]], [100.0], "batch", coef_init=[103.0], fit_intercept=False,
    learning_rate=0.2, max_iter=200, record_path=1,
)  # fmt: skip
print(np.array_equal(half.path, squares.path), end=" ")
print(np.array_equal(fitted.path[:, 0], squares.path))
